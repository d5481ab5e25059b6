//! Because of whom and what something happens: what is audited of it, and the event that tells of it in a log.

use crate::store::Place;
use crate::store::append::NewEvent;
use crate::store::dataset_events::DatasetEvent;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use subjects::command::Actor;
use subjects::event::{self, EventIds, EventType, Meta, StreamEvent};
use subjects::member_command::MemberCommand;
use subjects::routing::{Routing, RoutingKeys, StreamKey};
use subjects::trace::TraceParent;
use uuid::Uuid;

/// A member's command, and how it came.
#[derive(Debug)]
pub(crate) struct Asking<'a, A> {
    /// The command.
    pub(crate) command: &'a MemberCommand<A>,
    /// The span that works on it.
    pub(crate) trace: TraceParent,
    /// Whether somebody may have worked on it before.
    pub(crate) is_redelivered: bool,
}

// Derived, these would ask the same of `A`.
impl<A> Clone for Asking<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<A> Copy for Asking<'_, A> {}

impl<'a, A> Asking<'a, A> {
    /// Whose, and where.
    pub(crate) fn place(&self) -> Place<'a> {
        self.command.into()
    }

    /// Because of whom.
    pub(crate) fn cause(&self) -> Cause<'_> {
        Cause::of(self.command, &self.trace)
    }
}

/// Because of whom and what something happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cause<'a> {
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

/// What is done because of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deed<'a> {
    /// What was done, e.g. `artifact.write`.
    pub(crate) action: &'a str,
    /// To what, e.g. `artifact.{artifact_id}`.
    pub(crate) resource: &'a str,
    /// `done`, or the code of the refusal.
    pub(crate) outcome: &'a str,
    /// What else there is to know.
    pub(crate) details: &'a Value,
}

impl<'a> Cause<'a> {
    /// A member's command, worked on in this span.
    pub(crate) fn of<A>(command: &'a MemberCommand<A>, trace: &'a TraceParent) -> Self {
        let MemberCommand { command_id, actor, routing, request_id, correlation_id, .. } = command;
        Self { command_id: *command_id, actor, routing, request_id, correlation_id: *correlation_id, trace }
    }

    /// What is audited of it, by a name for good.
    pub(crate) fn audited(self, event_id: Uuid, deed: Deed<'a>) -> DatasetEvent<'a> {
        let Self { actor, routing, request_id, trace, .. } = self;
        let Deed { action, resource, outcome, details } = deed;
        DatasetEvent { event_id, actor, routing, action, resource, outcome, request_id, trace, details }
    }

    /// The event that tells of it, at this place of a log.
    pub(crate) fn event<T: Serialize>(
        self,
        (event_type, data): (EventType, &T),
        (key, seq): (&StreamKey, u64),
        (now, event_id): (DateTime<Utc>, Uuid),
    ) -> NewEvent {
        let event = StreamEvent {
            v: event::VERSION,
            event_type,
            ts: now,
            seq: Some(seq),
            event_id,
            trace_id: self.trace.trace_id_hex(),
            span_id: self.trace.span_id_hex(),
            ids: EventIds {
                request_id: Some(self.request_id.to_owned()),
                correlation_id: self.correlation_id,
                ..EventIds::default()
            },
            routing: Routing { tenant_id: key.tenant_id.clone(), env: key.env, keys: self.keys(key) },
            data,
            meta: Meta::of(event_type),
        };
        let json = serde_json::to_string(&event).expect("an event is JSON");
        NewEvent { seq, rev: None, command_id: self.command_id, json }
    }

    /// Where they were, in the log that is told.
    fn keys(&self, key: &StreamKey) -> RoutingKeys {
        let of_log = RoutingKeys::of(&key.stream);
        RoutingKeys {
            canvas_id: of_log.canvas_id.or_else(|| self.routing.canvas_id.clone()),
            thread_id: of_log.thread_id.or_else(|| self.routing.thread_id.clone()),
            actor_id: Some(self.actor.actor_id.clone()),
            actor_type: Some(self.actor.actor_type),
            ..self.routing.clone()
        }
    }
}
