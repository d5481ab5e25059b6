//! What readers are told of who is there, as the event that they get.

use super::people::Told;
use chrono::Utc;
use serde_json::value::to_raw_value;
use subjects::event::{EventIds, EventType, Meta, Persist, RawEvent, VERSION};
use subjects::presence::PresenceState;
use subjects::routing::{Routing, StreamKey};
use uuid::Uuid;

/// The event. Each edge tells its own readers: what happened once is one event there, and another elsewhere.
pub(super) fn event(stream: &StreamKey, told: &Told) -> Option<RawEvent> {
    let trace = node::telemetry::current();
    let event_type = EventType::PresenceState;
    Some(RawEvent {
        v: VERSION,
        event_type,
        ts: Utc::now(),
        seq: None,
        event_id: Uuid::now_v7(),
        trace_id: trace.trace_id_hex(),
        span_id: trace.span_id_hex(),
        ids: EventIds::default(),
        routing: Routing { tenant_id: stream.tenant_id.clone(), env: stream.env, keys: told.keys.clone() },
        data: to_raw_value(&told.state).inspect_err(|error| tracing::error!(%error, "presence cannot be told")).ok()?,
        meta: Meta {
            schema: PresenceState::SCHEMA.into(),
            priority: event_type.priority(),
            persist: Persist::Never,
            cursor: None,
        },
    })
}
