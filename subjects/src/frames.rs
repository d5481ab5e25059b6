//! What client and server say to each other on a WebSocket, beside StreamEvents (contract section 4).

use crate::code::Code;
use crate::event::EventType;
use crate::ids::{ActorId, CanvasId, PanelId, ProjectionId, ThreadId};
use crate::routing::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The longest name of a frame, in bytes.
pub const FRAME_ID_BYTES_MAX: usize = 128;

/// A frame of a client, named so that its answer can repeat the name.
#[derive(Debug, Clone)]
pub struct ClientFrame {
    /// The client's name for it.
    pub id: String,
    /// What it asks for.
    pub ask: Ask,
}

/// What a client asks for.
#[derive(Debug, Clone)]
pub enum Ask {
    /// To be told what happens somewhere.
    Subscribe(Subscribe),
    /// To be told no longer.
    Unsubscribe(Unsubscribe),
    /// To say something in a thread.
    Publish(Publish),
    /// To show a gesture on a canvas.
    Gesture(Gesture),
    /// To be seen somewhere.
    Presence(Presence),
    /// To stay, with a newer token.
    Auth(Auth),
    /// Whether anybody is there.
    Ping,
}

/// The words of `type` in client frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskType {
    /// [`Ask::Subscribe`].
    Subscribe,
    /// [`Ask::Unsubscribe`].
    Unsubscribe,
    /// [`Ask::Publish`].
    Publish,
    /// [`Ask::Gesture`].
    Gesture,
    /// [`Ask::Presence`].
    Presence,
    /// [`Ask::Auth`].
    Auth,
    /// [`Ask::Ping`].
    Ping,
}

/// `subscribe`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Subscribe {
    /// The canvas; or `thread_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvas_id: Option<CanvasId>,
    /// The thread; or `canvas_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// What to see. None is what SSE shows unasked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<Vec<String>>,
    /// Where to go on: `meta.cursor` of the last event seen. None is from now, `0` from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Only what happened in this projection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projection_id: Option<ProjectionId>,
    /// Only what happened in this panel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel_id: Option<PanelId>,
    /// Only what this actor did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<ActorId>,
}

/// `unsubscribe`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Unsubscribe {
    /// The canvas; or `thread_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvas_id: Option<CanvasId>,
    /// The thread; or `canvas_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
}

/// `publish`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Publish {
    /// Where.
    pub thread_id: ThreadId,
    /// What happened.
    pub event: EventType,
    /// What there is to say of it.
    pub data: Box<RawValue>,
    /// The same ask said again is done once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// `gesture`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Gesture {
    /// Where.
    pub canvas_id: CanvasId,
    /// Which kind.
    pub gesture_kind: String,
    /// What there is to say of it.
    pub payload: Box<RawValue>,
}

/// `presence`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// The canvas; or `thread_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvas_id: Option<CanvasId>,
    /// The thread; or `canvas_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// What the others see; null to leave.
    pub state: Option<Box<RawValue>>,
}

/// `auth`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Auth {
    /// The newer access token.
    pub token: String,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auth(..)")
    }
}

/// Why a text is not a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Its name, where it could be read.
    pub id: Option<String>,
    /// What is wrong with it.
    pub detail: String,
}

#[derive(Deserialize)]
struct Outline<'a> {
    id: Option<String>,
    #[serde(rename = "type", borrow)]
    ask_type: Option<&'a RawValue>,
}

impl ClientFrame {
    /// The frame that the text holds. Fields that a frame does not have are left alone.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let outline: Outline<'_> = serde_json::from_str(text).map_err(|error| malformed(None, error))?;
        let Some(id) = outline.id.filter(|id| (1..=FRAME_ID_BYTES_MAX).contains(&id.len())) else {
            let detail = format!("every frame has an id, a text of 1 to {FRAME_ID_BYTES_MAX} bytes");
            return Err(Malformed { id: None, detail });
        };
        let word = outline.ask_type.map_or("null", RawValue::get);
        let ask = serde_json::from_str(word).and_then(|ask_type| Ask::read(ask_type, text));
        match ask {
            Ok(ask) => Ok(Self { id, ask }),
            Err(error) => Err(malformed(Some(id), error)),
        }
    }
}

impl Ask {
    fn read(ask_type: AskType, text: &str) -> serde_json::Result<Self> {
        Ok(match ask_type {
            AskType::Subscribe => Ask::Subscribe(serde_json::from_str(text)?),
            AskType::Unsubscribe => Ask::Unsubscribe(serde_json::from_str(text)?),
            AskType::Publish => Ask::Publish(serde_json::from_str(text)?),
            AskType::Gesture => Ask::Gesture(serde_json::from_str(text)?),
            AskType::Presence => Ask::Presence(serde_json::from_str(text)?),
            AskType::Auth => Ask::Auth(serde_json::from_str(text)?),
            AskType::Ping => Ask::Ping,
        })
    }
}

fn malformed(id: Option<String>, error: serde_json::Error) -> Malformed {
    Malformed { id, detail: format!("the frame cannot be read: {error}") }
}

/// The canvas or thread that a frame names; none where it names neither, or both.
pub fn named(canvas_id: Option<CanvasId>, thread_id: Option<ThreadId>) -> Option<Stream> {
    match (canvas_id, thread_id) {
        (Some(canvas_id), None) => Some(Stream::Canvas(canvas_id)),
        (None, Some(thread_id)) => Some(Stream::Thread(thread_id)),
        (None, None) | (Some(_), Some(_)) => None,
    }
}

/// A frame of the server that is no StreamEvent: it has no `v`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// It is done.
    Ack {
        /// The client's name for its frame.
        id: String,
        /// What came of it, by the frame's type.
        #[serde(flatten)]
        outcome: serde_json::Map<String, serde_json::Value>,
    },
    /// It is not done, or the stream ends.
    Error {
        /// The client's name for its frame; none where it could not be read or nothing was asked.
        id: Option<String>,
        /// A stable word that programs may rely on.
        code: Code,
        /// What is wrong, and what to do.
        detail: String,
        /// What there is to say beside, by the code.
        #[serde(flatten)]
        members: serde_json::Map<String, serde_json::Value>,
    },
    /// Events follow.
    Subscribed {
        /// The client's name for its frame.
        id: String,
        /// Where the subscription stands.
        #[serde(flatten)]
        standing: Standing,
    },
    /// The road broke under an open subscription: it goes on from here.
    Reset(Standing),
    /// The token ends soon: send a newer one.
    AuthExpiring {
        /// In how many seconds.
        expires_in_secs: u64,
    },
    /// This edge stops: come back, to another.
    Draining {
        /// After so many milliseconds.
        retry_ms: u64,
    },
    /// Somebody is there.
    Pong {
        /// The client's name for its frame.
        id: String,
    },
}

/// Where a reader stands, and whether that is where it asked to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// The canvas, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvas_id: Option<CanvasId>,
    /// The thread, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// Names the stream, to renew its token.
    pub stream_id: Uuid,
    /// Whether everything after the reader's cursor follows.
    pub resumed: bool,
    /// If not, though asked: why.
    pub reason: Option<Reason>,
    /// The rev of the canvas.
    pub head_rev: u64,
    /// Where not resumed: what to start again from, before what follows.
    pub snapshot_ref: Option<String>,
    /// The reader's place.
    pub cursor: String,
}

/// Why a reader does not go on where it asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// What it asked for is no longer kept.
    Gone,
    /// It asked for what lies beyond the head: the system was restored from older data.
    Ahead,
    /// The cursor was not sealed by us, or not for this stream.
    Forged,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, id: Option<&str>) {
        let refusal = ClientFrame::read(text).unwrap_err();
        assert_eq!(refusal.id.as_deref(), id, "{text}: {}", refusal.detail);
    }

    #[test]
    fn a_frame_is_read_or_refused_by_its_name() {
        let frame =
            ClientFrame::read(r#"{"type":"subscribe","id":"1","canvas_id":"c1","channels":["commits"]}"#).unwrap();
        let Ask::Subscribe(subscribe) = frame.ask else { panic!("{frame:?}") };
        assert_eq!((frame.id.as_str(), subscribe.cursor), ("1", None));
        assert_eq!(named(subscribe.canvas_id, subscribe.thread_id), Some(Stream::Canvas("c1".parse().unwrap())));
        let publish = r#"{"id":"2","type":"publish","thread_id":"t","event":"chat_message","data":{"text":"hi"}}"#;
        assert!(
            matches!(ClientFrame::read(publish).unwrap().ask, Ask::Publish(publish) if publish.data.get() == r#"{"text":"hi"}"#)
        );
        assert!(matches!(ClientFrame::read(r#"{"id":"3","type":"ping","more":1}"#).unwrap().ask, Ask::Ping));
        for text in [
            "",
            "1",
            "[]",
            "{",
            "null",
            r#"{"type":"ping"}"#,
            r#"{"id":"","type":"ping"}"#,
            r#"{"id":7,"type":"ping"}"#,
        ] {
            refused(text, None);
        }
        for text in [
            r#"{"id":"9"}"#,
            r#"{"id":"9","type":null}"#,
            r#"{"id":"9","type":"nonsense"}"#,
            r#"{"id":"9","type":["ping"]}"#,
            r#"{"id":"9","type":"subscribe","canvas_id":"a.b"}"#,
            r#"{"id":"9","type":"publish","thread_id":"t","event":"oops","data":{}}"#,
            r#"{"id":"9","type":"auth"}"#,
        ] {
            refused(text, Some("9"));
        }
    }

    #[test]
    fn a_server_frame_is_its_type_and_fields() {
        let pong = ServerFrame::Pong { id: "1".into() };
        assert_eq!(serde_json::to_string(&pong).unwrap(), r#"{"type":"pong","id":"1"}"#);
        let error =
            ServerFrame::Error { id: None, code: Code::NotFound, detail: "no".into(), members: Default::default() };
        assert_eq!(
            serde_json::to_string(&error).unwrap(),
            r#"{"type":"error","id":null,"code":"NOT_FOUND","detail":"no"}"#
        );
    }
}
