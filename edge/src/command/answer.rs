//! What a worker's answer is in HTTP.

use crate::error::ApiError;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Value, json};
use subjects::answer::{Answer, Applied, Effect, Rejection, Said};
use subjects::code::Code;
use subjects::cursor::Cursor;
use subjects::ids::CanvasId;
use subjects::routing::{Stream, StreamKey};
use subjects::seal::SealKey;
use uuid::Uuid;

/// A command was applied and is durable. The same command is always answered with the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AppliedBody {
    /// The rev that it made.
    head_rev: u64,
    /// The commit, which is also the `event_id` of its event.
    commit_id: Uuid,
    /// The commit's place in the log.
    seq: u64,
    /// A reader's place after the commit.
    cursor: String,
    /// The document's hash afterwards, in hex.
    state_hash: String,
}

/// Something was said in a thread and is durable. The same is always answered with the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SaidBody {
    /// The `event_id` of its event.
    pub message_id: Uuid,
    /// Its place in the thread's log; null for what only passes.
    pub seq: Option<u64>,
    /// A reader's place after it; null for what only passes.
    pub cursor: Option<String>,
}

/// What a command led to: on a canvas it was applied, in a thread it was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum EffectBody {
    /// On a canvas.
    Applied(AppliedBody),
    /// In a thread.
    Said(SaidBody),
}

/// Says that this answer was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The answer to a command of this log.
pub fn respond(answer: Answer<Effect>, key: &SealKey, stream: &StreamKey) -> Response {
    let response = match answer.outcome {
        Ok(effect) => Json(EffectBody::of(effect, key, stream)).into_response(),
        Err(rejection) => refusal(rejection, key, stream).into_response(),
    };
    marked(response, answer.replayed)
}

/// An answer that says whether it was given before.
pub fn marked(mut response: Response, replayed: bool) -> Response {
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

impl EffectBody {
    /// What a command of this log led to.
    pub fn of(effect: Effect, key: &SealKey, stream: &StreamKey) -> Self {
        match effect {
            Effect::Applied(applied) => EffectBody::Applied(AppliedBody::of(applied, key, stream)),
            Effect::Said(said) => EffectBody::Said(SaidBody::of(said, key, stream)),
        }
    }
}

impl SaidBody {
    /// What was said in this thread.
    pub fn of(said: Said, key: &SealKey, stream: &StreamKey) -> Self {
        let Said { message_id, seq } = said;
        Self { message_id, seq, cursor: seq.map(|seq| Cursor::after(seq).seal(key, stream)) }
    }
}

impl AppliedBody {
    /// What was applied to this log.
    pub fn of(applied: Applied, key: &SealKey, stream: &StreamKey) -> Self {
        let Applied { head_rev, commit_id, seq, state_hash } = applied;
        Self { head_rev, commit_id, seq, cursor: Cursor::after(seq).seal(key, stream), state_hash }
    }
}

/// The refusal of a command of this log.
pub fn refusal(rejection: Rejection, key: &SealKey, stream: &StreamKey) -> ApiError {
    let code = rejection.code();
    let error = match rejection {
        Rejection::RevMismatch { head_rev, base_rev, base_seq, ops_since_base } => {
            let since = base_seq.map(|seq| Cursor::after(seq).seal(key, stream));
            let snapshot_ref = ops_since_base.is_none().then(|| snapshot_ref(stream, head_rev)).flatten();
            let detail = format!("The canvas is at rev {head_rev}, not {base_rev}. Catch up, then send again.");
            ApiError::new(code, detail)
                .with("head_rev", head_rev)
                .with("base_rev", base_rev)
                .with("since", since)
                .with("ops_since_base", ops_since_base.map_or(Value::Null, |ops| json!(ops)))
                .with("snapshot_ref", snapshot_ref)
        }
        Rejection::OpInvalid { op_index, reason, detail } => {
            let detail = format!("ops[{op_index}]: {detail}. Nothing was applied.");
            ApiError::new(code, detail).with("op_index", op_index).with("reason", reason)
        }
        Rejection::EventTooLarge { bytes } => {
            let detail = "Its event would be larger than one may be. Split the command.";
            ApiError::new(code, detail).with("bytes", bytes)
        }
        Rejection::IdempotencyConflict => {
            let detail = "The idempotency_key or command_id stands for another body that was applied.";
            ApiError::new(code, detail)
        }
        Rejection::DeadLettered => {
            ApiError::new(code, "The command could not be worked on and was put aside. It changed nothing.")
        }
        Rejection::Refused { code: Code::NotFound, .. } => ApiError::not_found(),
        Rejection::Refused { code, detail, members } => ApiError::new(code, detail).with_all(members),
    };
    error.by_worker()
}

fn snapshot_ref(stream: &StreamKey, rev: u64) -> Option<String> {
    match &stream.stream {
        Stream::Canvas(canvas_id) => Some(document_path(canvas_id, rev)),
        Stream::Thread(_) => None,
    }
}

/// Where the document of a rev is.
pub fn document_path(canvas_id: &CanvasId, rev: u64) -> String {
    format!("/canvas/{canvas_id}?rev={rev}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(rejection: Rejection) -> String {
        let stream = "t_acme.dev.canvas.c1".parse().unwrap();
        let error = refusal(rejection, &SealKey::new(b"secret"), &stream);
        serde_json::to_string(&error.body(Some("r"))).unwrap()
    }

    #[test]
    fn an_applied_command_is_answered_with_the_same_bytes() {
        let stream = "t_acme.dev.canvas.c1".parse().unwrap();
        let applied = Applied { head_rev: 7, commit_id: Uuid::nil(), seq: 9, state_hash: "00".into() };
        let body = AppliedBody::of(applied, &SealKey::new(b"secret"), &stream);
        insta::assert_snapshot!(serde_json::to_string(&body).unwrap());
    }

    #[test]
    fn refusals_say_what_to_do() {
        let ops_since_base = Some(vec![subjects::document::Op::RemoveAtom { atom_id: "a".parse().unwrap() }]);
        insta::assert_snapshot!(
            [
                Rejection::RevMismatch { head_rev: 9, base_rev: 7, base_seq: Some(8), ops_since_base },
                Rejection::RevMismatch { head_rev: 9, base_rev: 70, base_seq: None, ops_since_base: None },
                Rejection::OpInvalid {
                    op_index: 2,
                    reason: "atom_missing".into(),
                    detail: "the atom is not there".into()
                },
                Rejection::EventTooLarge { bytes: 300_000 },
                Rejection::IdempotencyConflict,
                Rejection::DeadLettered,
                Rejection::refused(Code::NotFound, "worker's words"),
            ]
            .map(body)
            .join("\n")
        );
    }
}
