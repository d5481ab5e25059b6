//! Answers: what a worker says to a command. A rejection is an answer too.

use crate::code::Code;
use crate::document::Op;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The body of a reply: one answer for each command of the batch, in its order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answers<T> {
    /// As many as the batch had commands.
    pub answers: Vec<Answer<T>>,
}

/// What became of one command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer<T> {
    /// Done, or refused.
    pub outcome: Result<T, Rejection>,
    /// Whether this is the answer given to an earlier, identical command.
    #[serde(default)]
    pub replayed: bool,
}

/// A canvas command was applied and is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The rev that it made.
    pub head_rev: u64,
    /// The commit, which is also the `event_id` of its event.
    pub commit_id: Uuid,
    /// The commit's place in the log.
    pub seq: u64,
    /// The document's hash afterwards, in hex.
    pub state_hash: String,
}

/// Something was said in a thread and is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The `event_id` of its event.
    pub message_id: Uuid,
    /// Its place in the log; none for what only passes.
    pub seq: Option<u64>,
}

/// What a command to a log led to: one to a canvas was applied, what goes to a thread was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Effect {
    /// On a canvas.
    Applied(Applied),
    /// In a thread.
    Said(Said),
}

impl Effect {
    /// Its place in the log; none for what only passes.
    pub fn seq(&self) -> Option<u64> {
        match self {
            Effect::Applied(applied) => Some(applied.seq),
            Effect::Said(said) => said.seq,
        }
    }
}

/// The domain refuses. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rejection", rename_all = "snake_case")]
pub enum Rejection {
    /// `base_rev` is not the head.
    RevMismatch {
        /// The rev that the canvas has.
        head_rev: u64,
        /// The rev that the client saw.
        base_rev: u64,
        /// The place in the log of the commit that made `base_rev`; none when `base_rev` lies in the future.
        base_seq: Option<u64>,
        /// All operations between, in order; none when too many or when `base_rev` lies in the future.
        ops_since_base: Option<Vec<Op>>,
    },
    /// An operation is not valid on the state.
    OpInvalid {
        /// Which, from 0.
        op_index: usize,
        /// One stable word.
        reason: String,
        /// A sentence for people.
        detail: String,
    },
    /// The commit's event would be too large.
    EventTooLarge {
        /// What it would have.
        bytes: usize,
    },
    /// The idempotency key, or the command id, stands for another body that was applied.
    IdempotencyConflict,
    /// The command could not be worked on and was put aside.
    DeadLettered,
    /// Another refusal, by its code.
    Refused {
        /// The stable code.
        code: Code,
        /// A sentence for people.
        detail: String,
        /// What there is to say beside, by the code.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        members: Map<String, Value>,
    },
}

impl Rejection {
    /// A refusal that needs no more than a code and a sentence.
    pub fn refused(code: Code, detail: impl Into<String>) -> Self {
        Rejection::Refused { code, detail: detail.into(), members: Map::new() }
    }

    /// A refusal that says more than that.
    pub fn refused_with(code: Code, detail: impl Into<String>, member: &str, value: impl Into<Value>) -> Self {
        let members = [(member.to_owned(), value.into())].into_iter().collect();
        Rejection::Refused { code, detail: detail.into(), members }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Rejection::RevMismatch { .. } => Code::RevMismatch,
            Rejection::OpInvalid { .. } => Code::OpInvalid,
            Rejection::EventTooLarge { .. } => Code::EventTooLarge,
            Rejection::IdempotencyConflict => Code::IdempotencyConflict,
            Rejection::DeadLettered => Code::DeadLettered,
            Rejection::Refused { code, .. } => *code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_is_read_as_it_is_written() {
        let applied = Applied { head_rev: 1, commit_id: Uuid::nil(), seq: 2, state_hash: "00".into() };
        let said = |seq| Effect::Said(Said { message_id: Uuid::nil(), seq });
        for effect in [Effect::Applied(applied), said(Some(3)), said(None)] {
            let text = serde_json::to_string(&effect).unwrap();
            assert_eq!(serde_json::from_str::<Effect>(&text).unwrap(), effect, "{text}");
        }
    }
}
