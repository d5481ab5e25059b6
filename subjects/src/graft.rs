//! Grafts: recorded sessions on a canvas, and the replay that comes of one.

use crate::command::{Actor, Intent};
use crate::document::{Atom, Op};
use crate::event::millis;
use crate::gesture::GestureKind;
use crate::ids::{CanvasId, GraftId, ObjectId, SessionId};
use crate::words::words;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// How others see a session: the flag `visibility_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraftMode {
    /// As it happens.
    Live,
    /// As a replay, afterwards: no gesture is fanned out meanwhile.
    Auto,
}

/// Which gestures are recorded: the flag `gesture_log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recorded {
    /// Every one.
    All,
    /// Enough of them to follow the hands.
    Keyframe,
    /// None.
    None,
}

/// What is asked of the role `graft`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum GraftAsk {
    /// Begin a session.
    Start {
        /// Names it.
        session_id: GraftId,
        /// On which canvas.
        canvas_id: CanvasId,
        /// How others see it.
        mode: GraftMode,
        /// Which gestures are recorded.
        recorded: Recorded,
    },
    /// End it: its replay is made.
    Stop {
        /// Which.
        session_id: GraftId,
        /// On which canvas.
        canvas_id: CanvasId,
    },
}

/// What the role `graft` grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "granted", rename_all = "snake_case")]
pub enum GraftGrant {
    /// The session is open.
    Started,
    /// It has ended, and this is its replay.
    Stopped {
        /// The artifact of kind `replay`.
        artifact_id: ObjectId,
    },
}

/// An open session, as edges know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenGraft {
    /// Names it.
    pub session_id: GraftId,
    /// How others see it.
    pub mode: GraftMode,
    /// Which gestures are recorded.
    pub recorded: Recorded,
}

/// The content of an artifact of kind `replay`: a session that can be played back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Replay {
    /// [`Replay::VERSION`].
    pub v: u64,
    /// Of which canvas.
    pub canvas_id: CanvasId,
    /// Of which session.
    pub session_id: GraftId,
    /// How others saw it.
    pub mode: GraftMode,
    /// Which gestures are in it.
    pub recorded: Recorded,
    /// When it began.
    #[serde(with = "millis")]
    pub started_at: DateTime<Utc>,
    /// When it ended.
    #[serde(with = "millis")]
    pub ended_at: DateTime<Utc>,
    /// The document as it was at the beginning.
    pub start: Start,
    /// What was committed, in order.
    pub commits: Vec<Checkpoint>,
    /// What hands did, in order of time.
    pub gestures: Vec<Keyframe>,
    /// How many gestures were looked at, of which these are kept.
    pub gestures_seen: u64,
    /// Whether the oldest was left out because it was too much: then it begins later than the session.
    pub truncated: bool,
}

impl Replay {
    /// The form of replays.
    pub const VERSION: u64 = 1;
}

/// A document at the beginning of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The rev.
    pub rev: u64,
    /// The document's hash, in hex.
    pub state_hash: String,
    /// Parents before children, siblings in order.
    pub atoms: Vec<Atom>,
}

/// A commit of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// When, after the beginning, in milliseconds.
    pub at_ms: u64,
    /// The rev that it made.
    pub rev: u64,
    /// Names the commit.
    pub commit_id: Uuid,
    /// The command that asked for it.
    pub command_id: Uuid,
    /// Who.
    pub actor: Actor,
    /// What was done.
    pub ops: Vec<Op>,
    /// The document's hash afterwards.
    pub state_hash: String,
    /// Why.
    pub intent: Intent,
}

/// A gesture of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Keyframe {
    /// When, after the beginning, in milliseconds.
    pub at_ms: u64,
    /// Who.
    pub actor: Actor,
    /// In which of their sittings.
    pub session_id: Option<SessionId>,
    /// What.
    pub gesture_kind: GestureKind,
    /// How things stood, in the front end's own words.
    pub payload: Box<RawValue>,
}

words! {
    GraftMode, "mode", { Live = "live", Auto = "auto" };
    Recorded, "gesture_log", { All = "all", Keyframe = "keyframe", None = "none" };
}

impl GraftAsk {
    /// The word for it in subjects.
    pub const fn kind(&self) -> &'static str {
        match self {
            GraftAsk::Start { .. } => "start",
            GraftAsk::Stop { .. } => "stop",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_it_is_written() {
        for mode in [GraftMode::Live, GraftMode::Auto] {
            assert_eq!((serde_json::to_value(mode).unwrap(), mode.as_str().parse()), (mode.as_str().into(), Ok(mode)));
        }
        for recorded in [Recorded::All, Recorded::Keyframe, Recorded::None] {
            assert_eq!(serde_json::to_value(recorded).unwrap(), recorded.as_str());
            assert_eq!(recorded.as_str().parse(), Ok(recorded));
        }
        assert!("both".parse::<GraftMode>().is_err());
    }
}
