//! Presence: who is on a canvas or thread, as readers are told and as the edges tell each other.

use crate::command::Actor;
use crate::event::millis;
use crate::ids::SessionId;
use crate::routing::RoutingKeys;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use uuid::Uuid;

/// The largest state that a session may show, as JSON.
pub const STATE_BYTES_MAX: usize = 8 * 1024;

/// What a session shows of itself: selected atoms, focused token, caret, current gesture, whatever its front end likes.
/// Nobody here looks into it. Two are the same when their texts are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct State(Box<RawValue>);

/// Why a text is not a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidState {
    /// It is JSON, but no object.
    #[error("a state is an object")]
    NotAnObject,
    /// It is longer than [`STATE_BYTES_MAX`].
    #[error("a state has at most {STATE_BYTES_MAX} bytes")]
    TooLarge,
}

impl State {
    /// The state that the JSON holds.
    pub fn new(json: Box<RawValue>) -> Result<Self, InvalidState> {
        match json.get() {
            text if text.len() > STATE_BYTES_MAX => Err(InvalidState::TooLarge),
            text if text.starts_with('{') => Ok(Self(json)),
            _ => Err(InvalidState::NotAnObject),
        }
    }

    /// As JSON.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for State {}

/// One sitting of an actor: a tab, a running agent. Two tabs of one actor are one person with two sessions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// Who.
    #[serde(flatten)]
    pub actor: Actor,
    /// Which of their sittings.
    pub session_id: SessionId,
}

/// A session that is on a canvas or thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// Whose.
    pub session: Session,
    /// Grows with each change on its edge.
    pub rev: u64,
    /// What it shows.
    pub state: State,
    /// When it was last heard from.
    #[serde(with = "millis")]
    pub last_seen: DateTime<Utc>,
    /// Where it is, for the routing of what is said of it.
    pub keys: RoutingKeys,
}

/// What happened to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Came, with this session.
    Joined,
    /// Is there, and this session shows something else; or nothing any more, because it ended while another goes on.
    Updated,
    /// Went, with their last session.
    Left,
}

/// The data of `presence_state`. A person joins once and leaves once, however many sessions they have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PresenceState {
    /// The session that it is about.
    #[serde(flatten)]
    pub session: Session,
    /// What happened.
    pub change: Change,
    /// What the session shows; null where it ended.
    pub state: Option<State>,
    /// When it was last heard from.
    #[serde(with = "millis")]
    #[schemars(with = "DateTime<Utc>")]
    pub last_seen: DateTime<Utc>,
}

/// What one edge tells the others of those who are on a canvas or thread through it: a message of
/// [`crate::subject::Subject::Presence`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gossip {
    /// This run of the edge: another one after a restart, so that nobody takes its people for those of before.
    pub edge: Uuid,
    /// Counts what this run told here, from 1, but for [`Said::Who`]. What comes late is not believed, and who misses a
    /// number asks.
    pub number: u64,
    /// What it tells.
    pub said: Said,
}

/// What an edge tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// These are here, as they are now.
    Here(Vec<Arc<Present>>),
    /// These are gone.
    Gone(Vec<Session>),
    /// These are here and nobody else. Who knows less of one asks.
    Digest(Vec<Known>),
    /// Tell who is here: this edge does not know, or may have missed something.
    Who,
}

/// A session as a digest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Whose.
    pub session: Session,
    /// [`Present::rev`].
    pub rev: u64,
    /// [`Present::last_seen`].
    #[serde(with = "millis")]
    pub last_seen: DateTime<Utc>,
}

/// That an edge is alive, with all who are present through it: a message of [`crate::subject::PULSE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// [`Gossip::edge`].
    pub edge: Uuid,
    /// How it is.
    pub beat: Beat,
}

/// How an edge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beat {
    /// It goes on.
    Alive,
    /// It ends. Its people may come back elsewhere.
    Farewell,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_as_it_is_written() {
        let session = r#"{"actor_id":"u_7","actor_type":"human","session_id":"s1"}"#;
        let seen = r#""last_seen":"2026-11-20T20:13:58.123Z""#;
        let present =
            format!(r#"{{"session":{session},"rev":3,"state":{{"caret":1.50}},{seen},"keys":{{"panel_id":"p"}}}}"#);
        for said in [
            format!(r#"{{"here":[{present}]}}"#),
            format!(r#"{{"gone":[{session}]}}"#),
            format!(r#"{{"digest":[{{"session":{session},"rev":3,{seen}}}]}}"#),
            r#""who""#.into(),
        ] {
            let text = format!(r#"{{"edge":"0199a1b2-0000-7000-8000-000000000001","number":9,"said":{said}}}"#);
            let gossip: Gossip = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&gossip).unwrap(), text);
        }
        let pulse = r#"{"edge":"0199a1b2-0000-7000-8000-000000000001","beat":"farewell"}"#;
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Pulse>(pulse).unwrap()).unwrap(), pulse);
        let event = r#"{"actor_id":"u_7","actor_type":"human","session_id":"s1","change":"updated","state":null,"last_seen":"2026-11-20T20:13:58.123Z"}"#;
        let state: PresenceState = serde_json::from_str(event).unwrap();
        assert_eq!(serde_json::to_string(&state).unwrap(), event);
    }

    #[track_caller]
    fn check(text: &str, refusal: Option<InvalidState>) {
        let json: Box<RawValue> = serde_json::from_str(text).unwrap();
        assert_eq!(State::new(json).err(), refusal, "{text:.60}");
    }

    #[test]
    fn a_state_is_an_object_of_bounded_size() {
        let of_length = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
        check("{}", None);
        check(&of_length(STATE_BYTES_MAX), None);
        check(&of_length(STATE_BYTES_MAX + 1), Some(InvalidState::TooLarge));
        for text in ["[]", "1", "\"a\"", "true", "null"] {
            check(text, Some(InvalidState::NotAnObject));
        }
    }
}
