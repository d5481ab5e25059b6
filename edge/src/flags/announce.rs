//! `flags_changed`: who reads is told which flags hold now.

use crate::flags::body::FlagsBody;
use crate::readers::Readers;
use chrono::Utc;
use serde_json::value::{RawValue, to_raw_value};
use subjects::event::{EventIds, EventType, Meta, Persist, RawEvent, StreamEvent, VERSION};
use subjects::flags::Flags;
use subjects::ids::{Env, TenantId};
use subjects::routing::{Routing, RoutingKeys, Stream, StreamKey};
use uuid::Uuid;

/// Tells the readers of a tenant and env here. They may be told again what they know.
pub(super) fn tell(readers: &Readers, tenant_id: &TenantId, env: Env, flags: &Flags) {
    match to_raw_value(&FlagsBody::of(flags)) {
        Ok(data) => readers.pass_to_all(Some(tenant_id), env, |stream| event(stream, data.clone())),
        Err(error) => tracing::error!(%error, "flags cannot be written down"),
    }
}

fn event(stream: &StreamKey, data: Box<RawValue>) -> RawEvent {
    let trace = node::telemetry::current();
    let event_type = EventType::FlagsChanged;
    StreamEvent {
        v: VERSION,
        event_type,
        ts: Utc::now(),
        seq: None,
        event_id: Uuid::now_v7(),
        trace_id: trace.trace_id_hex(),
        span_id: trace.span_id_hex(),
        ids: EventIds::default(),
        routing: Routing { tenant_id: stream.tenant_id.clone(), env: stream.env, keys: keys(&stream.stream) },
        data,
        meta: Meta {
            schema: format!("{}/1", event_type.as_str()),
            priority: event_type.priority(),
            persist: Persist::Never,
            cursor: None,
        },
    }
}

fn keys(stream: &Stream) -> RoutingKeys {
    match stream {
        Stream::Canvas(canvas_id) => RoutingKeys { canvas_id: Some(canvas_id.clone()), ..RoutingKeys::default() },
        Stream::Thread(thread_id) => RoutingKeys { thread_id: Some(thread_id.clone()), ..RoutingKeys::default() },
    }
}
