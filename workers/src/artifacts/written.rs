//! The event that says that an artifact is there.

use crate::store::append::NewEvent;
use chrono::{DateTime, Utc};
use subjects::artifact::{ArtifactKind, ArtifactWritten, artifact_uri};
use subjects::command::Actor;
use subjects::event::{self, EventIds, EventType, Meta, StreamEvent};
use subjects::ids::ObjectId;
use subjects::routing::{Routing, RoutingKeys, StreamKey};
use subjects::trace::TraceParent;
use uuid::Uuid;

/// Because of whom and what something is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cause<'a> {
    /// The canvas's log.
    pub(crate) key: &'a StreamKey,
    /// The command.
    pub(crate) command_id: Uuid,
    /// Who asked.
    pub(crate) actor: &'a Actor,
    /// Where they were.
    pub(crate) routing: &'a RoutingKeys,
    /// The request that asked.
    pub(crate) request_id: &'a str,
    /// What the client ties together.
    pub(crate) correlation_id: Option<Uuid>,
    /// The span that does it.
    pub(crate) trace: &'a TraceParent,
}

/// What is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept<'a> {
    /// Names it.
    pub(crate) artifact_id: &'a ObjectId,
    /// What it is.
    pub(crate) kind: ArtifactKind,
    /// The rev of the canvas that it was made of.
    pub(crate) rev: Option<u64>,
    /// What it was made of.
    pub(crate) parents: &'a [ObjectId],
}

/// Its event, at this place of the canvas's log.
pub(crate) fn event(cause: Cause<'_>, kept: Kept<'_>, seq: u64, (now, event_id): (DateTime<Utc>, Uuid)) -> NewEvent {
    let keys = RoutingKeys {
        actor_id: Some(cause.actor.actor_id.clone()),
        actor_type: Some(cause.actor.actor_type),
        ..cause.routing.clone()
    };
    let event = StreamEvent {
        v: event::VERSION,
        event_type: EventType::ArtifactWritten,
        ts: now,
        seq: Some(seq),
        event_id,
        trace_id: cause.trace.trace_id_hex(),
        span_id: cause.trace.span_id_hex(),
        ids: EventIds {
            request_id: Some(cause.request_id.to_owned()),
            correlation_id: cause.correlation_id,
            ..EventIds::default()
        },
        routing: Routing {
            tenant_id: cause.key.tenant_id.clone(),
            env: cause.key.env,
            keys: RoutingKeys { canvas_id: RoutingKeys::of(&cause.key.stream).canvas_id, ..keys },
        },
        data: ArtifactWritten {
            artifact_id: kept.artifact_id.clone(),
            kind: kept.kind,
            uri: artifact_uri(kept.artifact_id),
            rev: kept.rev,
            lineage: kept.parents.to_vec(),
        },
        meta: Meta::of(EventType::ArtifactWritten),
    };
    let json = serde_json::to_string(&event).expect("an event is JSON");
    NewEvent { seq, rev: None, command_id: cause.command_id, json }
}
