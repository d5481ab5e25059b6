//! What is said in a thread, and how it travels to the worker.

use crate::command::Actor;
use crate::event::EventType;
use crate::ids::{RunId, StepId};
use crate::routing::RoutingKeys;
use crate::trace::TraceParent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// What saying something in a thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// `chat_message`, `agent_message`, `tool_call`, `tool_result`: it is numbered and kept.
    Message,
    /// `run_start`: the run is kept, the event passes.
    RunStart,
    /// `step_start`, `step_end`: the run must be going on; the event passes.
    Step,
    /// `run_end`: the end is kept, the event passes.
    RunEnd,
    /// `token_chunk`: it passes, and nothing is asked.
    Chunk,
}

impl Turn {
    /// What an event does that a client says; none for events that only we can say.
    pub const fn of(event: EventType) -> Option<Self> {
        match event {
            EventType::ChatMessage | EventType::AgentMessage | EventType::ToolCall | EventType::ToolResult => {
                Some(Turn::Message)
            }
            EventType::RunStart => Some(Turn::RunStart),
            EventType::StepStart | EventType::StepEnd => Some(Turn::Step),
            EventType::RunEnd => Some(Turn::RunEnd),
            EventType::TokenChunk => Some(Turn::Chunk),
            EventType::CanvasCommit
            | EventType::ArtifactWritten
            | EventType::CanvasGesture
            | EventType::PresenceState
            | EventType::SafetyDecision
            | EventType::FlagsChanged
            | EventType::Error => None,
        }
    }
}

/// Which run something belongs to, and which of its steps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunRef {
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_id: Option<StepId>,
}

/// The data of a `run_end`, beside whatever its author adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunEnd {
    /// Which.
    pub run_id: RunId,
    /// How it ended, in one word.
    #[serde(default = "completed")]
    pub status: String,
    /// Whether somebody stopped it.
    #[serde(default)]
    pub cancelled: bool,
}

impl RunEnd {
    /// The status of a run that somebody stopped.
    pub const CANCELLED: &'static str = "cancelled";

    /// The end of a run that somebody stopped.
    pub fn cancelled(run_id: RunId) -> Self {
        Self { run_id, status: Self::CANCELLED.to_owned(), cancelled: true }
    }
}

fn completed() -> String {
    "completed".to_owned()
}

/// The data of a `token_chunk`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenChunk {
    /// Of which run.
    pub run_id: RunId,
    /// Its place among the chunks of the run, from 0.
    pub index: u64,
    /// The piece.
    pub text: String,
}

/// Something to be said in a thread, on its way to the worker, admitted by an edge: actor, tenant, thread and the form of
/// the data are checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Say {
    /// Names this command for good.
    pub command_id: Uuid,
    /// Names what the client wants said once; unique per stream key and actor.
    pub idempotency_key: String,
    /// SHA-256 of event and data in their canonical form (RFC 8785), in hex: tells a repeat from another command.
    pub fingerprint: String,
    /// Who says it.
    pub actor: Actor,
    /// The routing keys, completed from the registry.
    pub routing: RoutingKeys,
    /// What the client ties together.
    pub correlation_id: Uuid,
    /// The request it came in.
    pub request_id: String,
    /// The span that caused it.
    pub trace: TraceParent,
    /// What is said: one that has a [`Turn`], and no chunk.
    pub event: EventType,
    /// The run that it belongs to.
    pub of: RunRef,
    /// How the run ended, for a `run_end`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<RunEnd>,
    /// What there is to say: an object.
    pub data: Box<RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_is_said_as_truth() {
        use crate::event::Priority;
        for event in EventType::ALL {
            let is_message = Turn::of(event) == Some(Turn::Message);
            let is_kept = Turn::of(event).is_some() && event.priority() == Priority::Truth;
            assert_eq!(is_message, is_kept, "{event:?}");
        }
    }

    #[test]
    fn an_end_without_words_is_a_completion() {
        let check = |text: &str, status: &str, cancelled| {
            let end: RunEnd = serde_json::from_str(text).unwrap();
            assert_eq!((end.status.as_str(), end.cancelled), (status, cancelled), "{text}");
        };
        check(r#"{"run_id":"r"}"#, "completed", false);
        check(r#"{"run_id":"r","status":"failed","why":"x"}"#, "failed", false);
        let cancelled = serde_json::to_string(&RunEnd::cancelled("r".parse().unwrap())).unwrap();
        check(&cancelled, RunEnd::CANCELLED, true);
    }
}
