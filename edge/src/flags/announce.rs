//! `flags_changed`: who reads is told which flags hold now.

use crate::flags::body::FlagsBody;
use crate::passing;
use crate::readers::Readers;
use serde_json::value::{RawValue, to_raw_value};
use subjects::event::{EventIds, EventType, RawEvent};
use subjects::flags::Flags;
use subjects::ids::{Env, TenantId};
use subjects::routing::{Routing, RoutingKeys, StreamKey};

/// Tells the readers of a tenant and env here. They may be told again what they know.
pub(super) fn tell(readers: &Readers, tenant_id: &TenantId, env: Env, flags: &Flags) {
    match to_raw_value(&FlagsBody::of(flags)) {
        Ok(data) => readers.pass_to_all(Some(tenant_id), env, |stream| event(stream, data.clone())),
        Err(error) => tracing::error!(%error, "flags cannot be written down"),
    }
}

fn event(stream: &StreamKey, data: Box<RawValue>) -> RawEvent {
    let (tenant_id, keys) = (stream.tenant_id.clone(), RoutingKeys::of(&stream.stream));
    let routing = Routing { tenant_id, env: stream.env, keys };
    passing::event(EventType::FlagsChanged, routing, EventIds::default(), data)
}
