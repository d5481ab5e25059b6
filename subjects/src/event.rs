//! StreamEvent v1: the one envelope, on both rails (contract section 2).

use crate::command::Intent;
use crate::document::Op;
use crate::routing::Routing;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The envelope's version.
pub const VERSION: u8 = 1;

/// An event as readers see it. On the bus and in the log `meta.cursor` is absent: the edge seals it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StreamEvent<D> {
    /// [`VERSION`].
    pub v: u8,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When, RFC 3339 in UTC with milliseconds.
    #[serde(with = "millis")]
    #[schemars(with = "DateTime<Utc>")]
    pub ts: DateTime<Utc>,
    /// Its number in the log, from 1; only truth has one.
    pub seq: Option<u64>,
    /// Names the event for good.
    pub event_id: Uuid,
    /// The trace that caused it, in 32 hex digits.
    pub trace_id: String,
    /// The span that caused it, in 16 hex digits.
    pub span_id: String,
    /// What it belongs together with.
    pub ids: EventIds,
    /// Where it happened.
    pub routing: Routing,
    /// What there is to say; its form follows from `type`.
    pub data: D,
    /// About the event.
    pub meta: Meta,
}

/// A StreamEvent whose data nobody here looks into.
pub type RawEvent = StreamEvent<Box<RawValue>>;

/// What an event belongs together with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventIds {
    /// The request that caused it.
    pub request_id: Option<String>,
    /// What the client ties together.
    pub correlation_id: Option<Uuid>,
    /// The run of an agent.
    pub run_id: Option<String>,
    /// The step of a run.
    pub step_id: Option<String>,
}

/// About an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Meta {
    /// The form of `data`: `{type}/{version}`.
    pub schema: String,
    /// What may be dropped before what.
    pub priority: Priority,
    /// Whether it is kept.
    pub persist: Persist,
    /// The reader's place after this event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Meta {
    /// What there is to say about every event of this type: truth is kept, and nothing else. Without a cursor.
    pub fn of(event_type: EventType) -> Self {
        let priority = event_type.priority();
        let persist = match priority {
            Priority::Truth => Persist::Always,
            Priority::Info | Priority::Gesture => Persist::Never,
        };
        Self { schema: format!("{}/1", event_type.as_str()), priority, persist, cursor: None }
    }
}

/// What may be dropped before what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Never dropped; numbered.
    Truth,
    /// May be dropped.
    Info,
    /// Dropped first.
    Gesture,
}

/// Whether an event is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Persist {
    /// In the log, for good.
    Always,
    /// Nowhere.
    Never,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// A command was applied to a canvas.
    CanvasCommit,
    /// An artifact was stored.
    ArtifactWritten,
    /// A gesture of an actor.
    CanvasGesture,
    /// Somebody said something in a thread.
    ChatMessage,
    /// An agent said something in a thread.
    AgentMessage,
    /// An agent called a tool.
    ToolCall,
    /// A tool answered.
    ToolResult,
    /// A piece of what an agent is about to say.
    TokenChunk,
    /// A run began.
    RunStart,
    /// A run ended.
    RunEnd,
    /// A step of a run began.
    StepStart,
    /// A step of a run ended.
    StepEnd,
    /// Somebody came, went, or did something that others see.
    PresenceState,
    /// A gate decided.
    SafetyDecision,
    /// The tenant's flags are different now.
    FlagsChanged,
    /// Something went wrong that readers must know.
    Error,
}

/// What a reader of a canvas or thread can ask for. What belongs to none of them belongs to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Of a canvas: `canvas_commit`.
    Commits,
    /// Of a canvas: `artifact_written`.
    Artifacts,
    /// Of a canvas: `canvas_gesture`.
    Gestures,
    /// Of a thread: `chat_message`, `agent_message`, `tool_call`, `tool_result`.
    Messages,
    /// Of a thread: `token_chunk`, `run_start`, `run_end`, `step_start`, `step_end`.
    Runs,
    /// Of either: `presence_state`.
    Presence,
}

impl EventType {
    /// Every type.
    pub const ALL: [EventType; 16] = [
        EventType::CanvasCommit,
        EventType::ArtifactWritten,
        EventType::CanvasGesture,
        EventType::ChatMessage,
        EventType::AgentMessage,
        EventType::ToolCall,
        EventType::ToolResult,
        EventType::TokenChunk,
        EventType::RunStart,
        EventType::RunEnd,
        EventType::StepStart,
        EventType::StepEnd,
        EventType::PresenceState,
        EventType::SafetyDecision,
        EventType::FlagsChanged,
        EventType::Error,
    ];

    /// The word for it in JSON and on the SSE `event:` line.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventType::CanvasCommit => "canvas_commit",
            EventType::ArtifactWritten => "artifact_written",
            EventType::CanvasGesture => "canvas_gesture",
            EventType::ChatMessage => "chat_message",
            EventType::AgentMessage => "agent_message",
            EventType::ToolCall => "tool_call",
            EventType::ToolResult => "tool_result",
            EventType::TokenChunk => "token_chunk",
            EventType::RunStart => "run_start",
            EventType::RunEnd => "run_end",
            EventType::StepStart => "step_start",
            EventType::StepEnd => "step_end",
            EventType::PresenceState => "presence_state",
            EventType::SafetyDecision => "safety_decision",
            EventType::FlagsChanged => "flags_changed",
            EventType::Error => "error",
        }
    }

    /// The channel that carries it; none means all of them.
    pub const fn channel(self) -> Option<Channel> {
        match self {
            EventType::CanvasCommit => Some(Channel::Commits),
            EventType::ArtifactWritten => Some(Channel::Artifacts),
            EventType::CanvasGesture => Some(Channel::Gestures),
            EventType::ChatMessage | EventType::AgentMessage | EventType::ToolCall | EventType::ToolResult => {
                Some(Channel::Messages)
            }
            EventType::TokenChunk
            | EventType::RunStart
            | EventType::RunEnd
            | EventType::StepStart
            | EventType::StepEnd => Some(Channel::Runs),
            EventType::PresenceState => Some(Channel::Presence),
            EventType::SafetyDecision | EventType::FlagsChanged | EventType::Error => None,
        }
    }

    /// What may be dropped before what. Truth is numbered and kept; the rest has no `seq` and passes.
    pub const fn priority(self) -> Priority {
        match self {
            EventType::CanvasCommit
            | EventType::ArtifactWritten
            | EventType::ChatMessage
            | EventType::AgentMessage
            | EventType::ToolCall
            | EventType::ToolResult
            | EventType::SafetyDecision
            | EventType::Error => Priority::Truth,
            EventType::TokenChunk
            | EventType::RunStart
            | EventType::RunEnd
            | EventType::StepStart
            | EventType::StepEnd
            | EventType::PresenceState
            | EventType::FlagsChanged => Priority::Info,
            EventType::CanvasGesture => Priority::Gesture,
        }
    }
}

impl Channel {
    /// Every channel.
    pub const ALL: [Channel; 6] =
        [Channel::Commits, Channel::Artifacts, Channel::Gestures, Channel::Messages, Channel::Runs, Channel::Presence];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Commits => "commits",
            Channel::Artifacts => "artifacts",
            Channel::Gestures => "gestures",
            Channel::Messages => "messages",
            Channel::Runs => "runs",
            Channel::Presence => "presence",
        }
    }
}

/// The data of `canvas_commit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CanvasCommit {
    /// The rev that it made.
    pub rev: u64,
    /// Names the commit; also the event's `event_id`.
    pub commit_id: Uuid,
    /// The command that asked for it.
    pub command_id: Uuid,
    /// What was done, in order.
    pub ops: Vec<Op>,
    /// The document's hash afterwards, in hex.
    pub state_hash: String,
    /// Why.
    pub intent: Intent,
}

/// RFC 3339 in UTC with milliseconds, as every timestamp of the contract.
pub mod millis {
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the timestamp.
    pub fn serialize<S: Serializer>(ts: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&ts.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    /// Reads the timestamp.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
        DateTime::<Utc>::deserialize(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_is_written() {
        let text = r#"{"v":1,"type":"canvas_commit","ts":"2026-11-20T20:13:58.123Z","seq":7,"event_id":"0199a1b2-0000-7000-8000-000000000001","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","ids":{"request_id":"r","correlation_id":null,"run_id":null,"step_id":null},"routing":{"tenant_id":"t_acme","env":"dev","canvas_id":"c1","actor_id":"u_7","actor_type":"human"},"data":{"rev":7},"meta":{"schema":"canvas_commit/1","priority":"truth","persist":"always","cursor":"x"}}"#;
        let event: RawEvent = serde_json::from_str(text).unwrap();
        assert_eq!(event.seq, Some(7));
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
    }

    #[test]
    fn truth_is_kept_and_nothing_else() {
        let check = |event_type, schema: &str, priority, persist| {
            assert_eq!(Meta::of(event_type), Meta { schema: schema.into(), priority, persist, cursor: None });
        };
        check(EventType::CanvasCommit, "canvas_commit/1", Priority::Truth, Persist::Always);
        check(EventType::TokenChunk, "token_chunk/1", Priority::Info, Persist::Never);
        check(EventType::CanvasGesture, "canvas_gesture/1", Priority::Gesture, Persist::Never);
    }

    #[test]
    fn the_event_line_is_the_type() {
        for event_type in EventType::ALL {
            assert_eq!(serde_json::to_value(event_type).unwrap(), event_type.as_str());
        }
    }

    #[test]
    fn a_channel_is_its_word() {
        for channel in Channel::ALL {
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.as_str());
        }
    }
}
