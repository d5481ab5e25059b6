//! Control events as readers get them: plain objects, without the envelope and without a place in the log.

use super::framing;
use super::passing;
use super::reader::{Reader, Sink, Welcome};
use super::ring::Head;
use super::watched::Watched;
use crate::access::{Ending, Expiring};
use bytes::Bytes;
use rand::RngExt;
use schemars::JsonSchema;
use serde::Serialize;
use subjects::code::Code;
use subjects::cursor::Cursor;
use subjects::frames::{Reason, ServerFrame, Standing};
use subjects::routing::Stream;
use uuid::Uuid;

/// How long an EventSource waits before it comes back, in milliseconds: each its own, so that they come apart.
pub(crate) const RETRY_MS: std::ops::Range<u64> = 1_000..3_000;

/// Everything after `seen` follows.
pub(crate) fn resumed(stream_id: Uuid, watched: &Watched, seen: Cursor) -> Standing {
    Standing {
        resumed: true,
        snapshot_ref: None,
        cursor: watched.seals.seal(seen),
        ..live(stream_id, watched, watched.head(), None)
    }
}

/// What follows is whatever comes after `head`.
pub(crate) fn live(stream_id: Uuid, watched: &Watched, head: Head, reason: Option<Reason>) -> Standing {
    Standing {
        canvas_id: None,
        thread_id: None,
        stream_id,
        resumed: false,
        reason,
        head_rev: head.rev,
        snapshot_ref: snapshot_ref(&watched.seals.stream.stream, head.rev),
        cursor: watched.seals.seal(head.cursor()),
    }
}

/// What a reader is told first: where it stands, and whether that is where it asked to be.
pub(crate) fn hello(reader: &Reader, standing: Standing) -> Bytes {
    match &reader.sink {
        Sink::Sse(_) => {
            let retry_ms = rand::rng().random_range(RETRY_MS);
            block("hello", Some(&standing.cursor), Some(retry_ms), &standing).into()
        }
        Sink::Ws(subscription) => {
            let standing = named(reader, standing);
            let hello = framing::text(&ServerFrame::Subscribed { id: subscription.id.clone(), standing });
            match &subscription.welcome {
                Some(Welcome(events)) => [&hello[..], &passing::welcome(&reader.view, &events())].concat().into(),
                None => hello,
            }
        }
    }
}

/// What a reader is told when the road broke under an open stream: it goes on from here.
pub(crate) fn reset(reader: &Reader, standing: Standing) -> Bytes {
    match &reader.sink {
        Sink::Sse(_) => block("reset", Some(&standing.cursor), None, &standing).into(),
        Sink::Ws(_) => framing::text(&ServerFrame::Reset(named(reader, standing))),
    }
}

/// On a socket that others share, what is said of one stream names it.
fn named(reader: &Reader, standing: Standing) -> Standing {
    match &reader.held.watch.watched().seals.stream.stream {
        Stream::Canvas(canvas_id) => Standing { canvas_id: Some(canvas_id.clone()), ..standing },
        Stream::Thread(thread_id) => Standing { thread_id: Some(thread_id.clone()), ..standing },
    }
}

fn snapshot_ref(stream: &Stream, rev: u64) -> Option<String> {
    match stream {
        Stream::Canvas(canvas_id) => Some(format!("/canvas/{canvas_id}?rev={rev}")),
        Stream::Thread(_) => None,
    }
}

/// The data of `draining`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Draining {
    /// When to come back, in milliseconds.
    retry_ms: u64,
}

/// This edge stops: come back, to another.
pub(crate) fn draining() -> String {
    let retry_ms = rand::rng().random_range(RETRY_MS);
    block("draining", None, Some(retry_ms), &Draining { retry_ms })
}

/// The data of `error`, where a stream is closed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Fault {
    /// A stable word that programs may rely on.
    code: Code,
    /// What is wrong, and what to do.
    detail: &'static str,
}

/// Why the stream is closed.
pub(crate) fn ended(ending: Ending) -> String {
    closed(ending.code(), ending.detail())
}

/// The stream is closed because of this.
pub(crate) fn closed(code: Code, detail: &'static str) -> String {
    block("error", None, None, &Fault { code, detail })
}

/// The token is about to end.
pub(crate) fn auth_expiring(expiring: &Expiring) -> String {
    block("auth_expiring", None, None, expiring)
}

/// An SSE block.
pub(crate) fn block<T: Serialize>(name: &str, id: Option<&str>, retry_ms: Option<u64>, object: &T) -> String {
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
        assert_eq!(
            block("reset", Some("abc"), Some(7), &Draining { retry_ms: 7 }),
            "id: abc\nevent: reset\nretry: 7\ndata: {\"retry_ms\":7}\n\n"
        );
        assert_eq!(
            ended(Ending::Expired),
            "event: error\ndata: {\"code\":\"AUTH_EXPIRED\",\"detail\":\"The token has expired. Come back with a new one.\"}\n\n"
        );
    }
}
