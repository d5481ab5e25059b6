//! `safety_decision`: what readers of a canvas or thread are told of decisions.

use crate::cause::Cause;
use crate::store::append::NewEvent;
use chrono::{DateTime, Utc};
use subjects::action::SafetyDecision;
use subjects::event::EventType;
use subjects::limits::EVENT_BYTES_MAX;
use subjects::routing::StreamKey;
use uuid::Uuid;

/// The event, at this place of the log. Facts that are too large for it are left out: where they can be read is said.
pub(crate) fn event(cause: Cause<'_>, at: (&StreamKey, u64), now: DateTime<Utc>, data: SafetyDecision) -> NewEvent {
    let told = |data: &SafetyDecision| cause.event((EventType::SafetyDecision, data), at, (now, Uuid::now_v7()));
    let whole = told(&data);
    match whole.json.len() {
        0..=EVENT_BYTES_MAX => whole,
        _ => told(&SafetyDecision { facts: None, ..data }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use subjects::action::ActionStatus;
    use subjects::command::Actor;
    use subjects::event::StreamEvent;
    use subjects::ids::ActorType;
    use subjects::routing::RoutingKeys;
    use subjects::trace::TraceParent;

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
