//! StreamEvent v1: the one envelope, on both rails (contract section 2).

use crate::command::Intent;
use crate::document::Op;
use crate::routing::Routing;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The envelope's version.
pub const VERSION: u8 = 1;

/// An event as readers see it. On the bus and in the log `meta.cursor` is absent: the edge seals it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamEvent<D> {
    /// [`VERSION`].
    pub v: u8,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When, RFC 3339 in UTC with milliseconds.
    #[serde(with = "millis")]
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// What may be dropped before what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persist {
    /// In the log, for good.
    Always,
    /// Nowhere.
    Never,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// A command was applied to a canvas.
    CanvasCommit,
    /// An artifact was stored.
    ArtifactWritten,
    /// A gesture of an actor.
    CanvasGesture,
    /// A gate decided.
    SafetyDecision,
    /// Something went wrong that readers must know.
    Error,
}

/// What a reader of a canvas can ask for. `safety_decision` and `error` belong to every channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// `canvas_commit`.
    Commits,
    /// `artifact_written`.
    Artifacts,
    /// `canvas_gesture`.
    Gestures,
}

impl EventType {
    /// The word for it in JSON and on the SSE `event:` line.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventType::CanvasCommit => "canvas_commit",
            EventType::ArtifactWritten => "artifact_written",
            EventType::CanvasGesture => "canvas_gesture",
            EventType::SafetyDecision => "safety_decision",
            EventType::Error => "error",
        }
    }

    /// The channel that carries it; none means all of them.
    pub const fn channel(self) -> Option<Channel> {
        match self {
            EventType::CanvasCommit => Some(Channel::Commits),
            EventType::ArtifactWritten => Some(Channel::Artifacts),
            EventType::CanvasGesture => Some(Channel::Gestures),
            EventType::SafetyDecision | EventType::Error => None,
        }
    }
}

/// The data of `canvas_commit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

impl CanvasCommit {
    /// The form of this data, for `meta.schema`.
    pub const SCHEMA: &'static str = "canvas_commit/1";
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
    fn the_event_line_is_the_type() {
        for event_type in [
            EventType::CanvasCommit,
            EventType::ArtifactWritten,
            EventType::CanvasGesture,
            EventType::SafetyDecision,
            EventType::Error,
        ] {
            assert_eq!(serde_json::to_value(event_type).unwrap(), event_type.as_str());
        }
    }
}
