//! `safety_decision`: what readers of a canvas or thread are told of decisions.

use crate::store::append::NewEvent;
use chrono::{DateTime, Utc};
use subjects::action::SafetyDecision;
use subjects::command::Actor;
use subjects::event::{self, EventIds, EventType, Meta, StreamEvent};
use subjects::limits::EVENT_BYTES_MAX;
use subjects::routing::{Routing, RoutingKeys, StreamKey};
use subjects::trace::TraceParent;
use uuid::Uuid;

/// Because of whom and what something was decided.
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

/// The event, at this place of the log. Facts that are too large for it are left out: where they can be read is said.
pub(crate) fn event(
    cause: Cause<'_>,
    (key, seq): (&StreamKey, u64),
    now: DateTime<Utc>,
    data: SafetyDecision,
) -> NewEvent {
    let whole = json(cause, (key, seq), now, &data);
    let json = match whole.len() {
        0..=EVENT_BYTES_MAX => whole,
        _ => json(cause, (key, seq), now, &SafetyDecision { facts: None, ..data }),
    };
    NewEvent { seq, rev: None, command_id: cause.command_id, json }
}

fn json(cause: Cause<'_>, (key, seq): (&StreamKey, u64), now: DateTime<Utc>, data: &SafetyDecision) -> String {
    let of_log = RoutingKeys::of(&key.stream);
    let keys = RoutingKeys {
        canvas_id: of_log.canvas_id.or_else(|| cause.routing.canvas_id.clone()),
        thread_id: of_log.thread_id.or_else(|| cause.routing.thread_id.clone()),
        actor_id: Some(cause.actor.actor_id.clone()),
        actor_type: Some(cause.actor.actor_type),
        ..cause.routing.clone()
    };
    let event = StreamEvent {
        v: event::VERSION,
        event_type: EventType::SafetyDecision,
        ts: now,
        seq: Some(seq),
        event_id: Uuid::now_v7(),
        trace_id: cause.trace.trace_id_hex(),
        span_id: cause.trace.span_id_hex(),
        ids: EventIds {
            request_id: Some(cause.request_id.to_owned()),
            correlation_id: cause.correlation_id,
            ..EventIds::default()
        },
        routing: Routing { tenant_id: key.tenant_id.clone(), env: key.env, keys },
        data,
        meta: Meta::of(EventType::SafetyDecision),
    };
    serde_json::to_string(&event).expect("an event is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use subjects::action::ActionStatus;
    use subjects::ids::ActorType;

    #[test]
    fn facts_that_are_too_large_are_left_out() {
        let key: StreamKey = "t_acme.dev.canvas.c1".parse().unwrap();
        let actor = Actor { actor_id: "u_7".parse().unwrap(), actor_type: ActorType::Human };
        let trace = TraceParent { trace_id: 1, span_id: 2, sampled: false };
        let check = |bytes: usize, is_told: bool| {
            let routing = RoutingKeys::default();
            let (command_id, request_id) = (Uuid::nil(), "r");
            let cause =
                Cause { command_id, actor: &actor, routing: &routing, request_id, correlation_id: None, trace: &trace };
            let data = SafetyDecision {
                action_id: None,
                action: "publish".into(),
                subject_type: "human".into(),
                subject_id: "u_7".into(),
                allowed: true,
                gate: None,
                code: None,
                status: ActionStatus::Done,
                facts_ref: None,
                facts: Some(json!("x".repeat(bytes))),
            };
            let event = event(cause, (&key, 7), DateTime::UNIX_EPOCH, data);
            let read: StreamEvent<SafetyDecision> = serde_json::from_str(&event.json).unwrap();
            assert_eq!((read.seq, read.data.facts.is_some()), (Some(7), is_told), "{bytes}");
            assert_eq!(read.routing.keys.canvas_id.as_ref().map(|id| id.as_str()), Some("c1"));
            assert!(event.json.len() <= EVENT_BYTES_MAX);
        };
        check(10, true);
        check(EVENT_BYTES_MAX, false);
    }
}
