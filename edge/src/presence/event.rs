//! What readers are told of who is there, as the event that they get.

use super::people::Told;
use crate::passing;
use serde_json::value::to_raw_value;
use subjects::event::{EventIds, EventType, RawEvent};
use subjects::routing::{Routing, StreamKey};

/// The event. Each edge tells its own readers: what happened once is one event there, and another elsewhere.
pub(super) fn event(stream: &StreamKey, told: &Told) -> Option<RawEvent> {
    let data =
        to_raw_value(&told.state).inspect_err(|error| tracing::error!(%error, "presence cannot be told")).ok()?;
    let routing = Routing { tenant_id: stream.tenant_id.clone(), env: stream.env, keys: told.keys.clone() };
    Some(passing::event(EventType::PresenceState, routing, EventIds::default(), data))
}
