//! Events as the figures send them: as the apply worker words them, and bare ones of a given length.

use chrono::Utc;
use serde_json::{Value, json};
use subjects::command::Intent;
use subjects::document::Op;
use subjects::event::{CanvasCommit, EventIds, EventType, Meta, StreamEvent, VERSION};
use subjects::routing::{Routing, RoutingKeys, StreamKey};
use uuid::Uuid;

/// The atom that every command of the figures is about.
pub(crate) const ATOM: &str = "a1";
/// As long as a `state_hash`.
const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// The operation that a figure's event or command carries: it says when it was sent.
pub(crate) fn op(sent_us: u64) -> Op {
    Op::SetToken {
        atom_id: ATOM.parse().expect("the atom's id is in form"),
        path: "sent".into(),
        value: json!({ "sent_us": sent_us }),
    }
}

/// A commit of one operation, as the apply worker says it on the bus.
pub(crate) fn commit(key: &StreamKey, seq: u64, sent_us: u64) -> StreamEvent<CanvasCommit> {
    let commit_id = Uuid::now_v7();
    StreamEvent {
        v: VERSION,
        event_type: EventType::CanvasCommit,
        ts: Utc::now(),
        seq: Some(seq),
        event_id: commit_id,
        trace_id: HASH[..32].into(),
        span_id: HASH[..16].into(),
        ids: EventIds {
            request_id: Some(Uuid::now_v7().to_string()),
            correlation_id: Some(Uuid::now_v7()),
            ..EventIds::default()
        },
        routing: Routing { tenant_id: key.tenant_id.clone(), env: key.env, keys: RoutingKeys::of(&key.stream) },
        data: CanvasCommit {
            rev: seq,
            commit_id,
            command_id: Uuid::now_v7(),
            ops: vec![op(sent_us)],
            state_hash: HASH.into(),
            intent: Intent::default(),
        },
        meta: Meta::of(EventType::CanvasCommit),
    }
}

/// The outcome of an applied command, of the length that the apply worker records.
pub(crate) fn outcome() -> Value {
    json!({ "Ok": { "head_rev": 1_000, "commit_id": Uuid::now_v7(), "seq": 1_000, "state_hash": HASH } })
}

/// A bare SSE block of this many bytes, or a little more when it must be.
pub(crate) fn frame(seq: u64, sent_us: u64, bytes: usize) -> String {
    let start =
        format!("id: {seq}\nevent: canvas_commit\ndata: {{\"seq\":{seq},\"data\":{{\"sent_us\":{sent_us},\"pad\":\"",);
    const END: &str = "\"}}\n\n";
    let pad = bytes.saturating_sub(start.len() + END.len());
    format!("{start}{:x<pad$}{END}", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sse;

    #[test]
    fn a_frame_has_its_length_and_says_what_a_commit_says() {
        let frame = frame(12, 345, 700);
        assert_eq!(frame.len(), 700);
        let block = sse::parse(frame.as_bytes());
        assert_eq!(block.id, Some("12"));
        let key = "t_acme.dev.canvas.c1".parse().unwrap();
        let commit = serde_json::to_vec(&commit(&key, 12, 345)).unwrap();
        for data in [block.data.unwrap(), &commit] {
            assert_eq!((sse::seq(data), sse::sent_us(data)), (Some(12), Some(345)));
        }
    }
}
