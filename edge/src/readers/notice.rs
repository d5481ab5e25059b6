//! Control events as an SSE reader gets them: plain objects, without the envelope and without a place in the log.

use super::ring::Head;
use super::splice::Reason;
use super::watched::Watched;
use crate::access::{Ending, Expiring};
use rand::RngExt;
use serde::Serialize;
use subjects::code::Code;
use subjects::cursor::Cursor;
use subjects::routing::Stream;
use uuid::Uuid;

/// A comment: it keeps proxies awake and fires no handler.
pub(crate) const HEARTBEAT: &[u8] = b":\n\n";

/// How long an EventSource waits before it comes back, in milliseconds: each its own, so that they come apart.
const RETRY_MS: std::ops::Range<u64> = 1_000..3_000;

/// Where a reader stands, and whether that is where it asked to be. Said first, and again where the road breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Standing {
    /// Names this stream, to renew its token.
    pub(crate) stream_id: Uuid,
    /// Whether everything after the reader's cursor follows.
    pub(crate) resumed: bool,
    /// If not, though asked: why.
    pub(crate) reason: Option<Reason>,
    /// The rev of the canvas.
    pub(crate) head_rev: u64,
    /// Where not resumed: what to start again from, before what follows.
    pub(crate) snapshot_ref: Option<String>,
    /// The reader's place.
    pub(crate) cursor: String,
}

impl Standing {
    /// Everything after `seen` follows.
    pub(crate) fn resumed(stream_id: Uuid, watched: &Watched, seen: Cursor) -> Self {
        Self {
            stream_id,
            resumed: true,
            reason: None,
            head_rev: watched.head().rev,
            snapshot_ref: None,
            cursor: watched.seals.seal(seen),
        }
    }

    /// What follows is whatever comes after `head`.
    pub(crate) fn live(stream_id: Uuid, watched: &Watched, head: Head, reason: Option<Reason>) -> Self {
        Self {
            stream_id,
            resumed: false,
            reason,
            head_rev: head.rev,
            snapshot_ref: snapshot_ref(&watched.seals.stream.stream, head.rev),
            cursor: watched.seals.seal(head.cursor()),
        }
    }

    /// The first event of a stream.
    pub(crate) fn hello(&self) -> String {
        let retry_ms = rand::rng().random_range(RETRY_MS);
        block("hello", Some(&self.cursor), Some(retry_ms), self)
    }

    /// The road broke under an open stream: it goes on from here.
    pub(crate) fn reset(&self) -> String {
        block("reset", Some(&self.cursor), None, self)
    }
}

fn snapshot_ref(stream: &Stream, rev: u64) -> Option<String> {
    match stream {
        Stream::Canvas(canvas_id) => Some(format!("/canvas/{canvas_id}?rev={rev}")),
        Stream::Thread(_) => None,
    }
}

#[derive(Serialize)]
struct Draining {
    retry_ms: u64,
}

/// This edge stops: come back, to another.
pub(crate) fn draining() -> String {
    let retry_ms = rand::rng().random_range(RETRY_MS);
    block("draining", None, Some(retry_ms), &Draining { retry_ms })
}

#[derive(Serialize)]
struct Fault {
    code: Code,
    detail: &'static str,
}

/// Why the stream is closed.
pub(crate) fn ended(ending: Ending) -> String {
    block("error", None, None, &Fault { code: ending.code(), detail: ending.detail() })
}

/// The token is about to end.
pub(crate) fn auth_expiring(expiring: &Expiring) -> String {
    block("auth_expiring", None, None, expiring)
}

fn block<T: Serialize>(name: &str, id: Option<&str>, retry_ms: Option<u64>, object: &T) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    let retry = retry_ms.map(|ms| format!("retry: {ms}\n")).unwrap_or_default();
    let json = serde_json::to_string(object).expect("a notice is JSON");
    format!("{id}event: {name}\n{retry}data: {json}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_an_sse_block() {
        let standing = Standing {
            stream_id: Uuid::nil(),
            resumed: false,
            reason: Some(Reason::Ahead),
            head_rev: 4,
            snapshot_ref: Some("/canvas/c1?rev=4".into()),
            cursor: "abc".into(),
        };
        let data = r#"{"stream_id":"00000000-0000-0000-0000-000000000000","resumed":false,"reason":"ahead","head_rev":4,"snapshot_ref":"/canvas/c1?rev=4","cursor":"abc"}"#;
        assert_eq!(standing.reset(), format!("id: abc\nevent: reset\ndata: {data}\n\n"));
        let hello = standing.hello();
        assert!(hello.starts_with("id: abc\nevent: hello\nretry: "), "{hello}");
        assert!(hello.ends_with(&format!("\ndata: {data}\n\n")), "{hello}");
        assert_eq!(
            ended(Ending::Expired),
            "event: error\ndata: {\"code\":\"AUTH_EXPIRED\",\"detail\":\"The token has expired. Come back with a new one.\"}\n\n"
        );
    }
}
