//! What passes and is kept nowhere: gestures, presence, the pieces of an answer to come. It never waits, and nobody waits
//! for it.

use crate::error::ApiError;
use crate::state::AppState;
use chrono::Utc;
use node::bus::Bus;
use serde::Serialize;
use serde_json::value::RawValue;
use std::fmt::Display;
use subjects::event::{EventIds, EventType, Meta, RawEvent, VERSION};
use subjects::passing::Passing;
use subjects::routing::{Routing, StreamKey};
use subjects::subject::Subject;
use uuid::Uuid;

/// An event that passes: it happens now, in the trace that goes on here, and has no place in a log.
pub fn event(event_type: EventType, routing: Routing, ids: EventIds, data: Box<RawValue>) -> RawEvent {
    let trace = node::telemetry::current();
    RawEvent {
        v: VERSION,
        event_type,
        ts: Utc::now(),
        seq: None,
        event_id: Uuid::now_v7(),
        trace_id: trace.trace_id_hex(),
        span_id: trace.span_id_hex(),
        ids,
        routing,
        data,
        meta: Meta::of(event_type),
    }
}

/// Tells all edges, this one included, that have readers of the log. Whether it arrives is not known.
pub async fn publish(state: &AppState, stream: &StreamKey, passing: &Passing) -> Result<(), ApiError> {
    let body = serde_json::to_vec(passing).map_err(ApiError::internal)?;
    connected(&state.bus)?;
    let subject = Subject::Passing(stream.clone()).to_string();
    let published = state.bus.client.publish(subject, body.into()).await;
    published.map_err(|error| ApiError::unavailable("The bus", &error))
}

/// Publishes what is of no use later: what cannot go out now is not told, and nobody learns of it.
pub async fn offer(bus: &Bus, subject: impl Display, body: &impl Serialize) {
    let body = match serde_json::to_vec(body) {
        Ok(body) if bus.is_connected() => body,
        Ok(_) => return,
        Err(error) => return tracing::error!(%error, %subject, "what passes cannot be told"),
    };
    if let Err(error) = bus.client.publish(subject.to_string(), body.into()).await {
        tracing::debug!(%error, %subject, "what passes is not told");
    }
}

/// Refuses while the bus is away: what passes does not wait for it.
pub fn connected(bus: &Bus) -> Result<(), ApiError> {
    if bus.is_connected() {
        return Ok(());
    }
    let away = std::io::Error::from(std::io::ErrorKind::NotConnected);
    Err(ApiError::unavailable("The bus", &away))
}
