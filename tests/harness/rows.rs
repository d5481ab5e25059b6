//! What a client reads of a canvas: the document, and the commits of its history.

use crate::hash::state_hash;
use serde::Deserialize;
use subjects::command::Intent;
use subjects::document::{Atom, Op};
use subjects::ids::{ActorId, ActorType, CanvasId};
use uuid::Uuid;

/// `GET /canvas/{id}`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentBody {
    /// Which.
    pub canvas_id: CanvasId,
    /// The rev that it shows.
    pub head_rev: u64,
    /// Its hash.
    pub state_hash: String,
    /// Where to watch from.
    pub cursor: String,
    /// Parents before children.
    pub atoms: Vec<Atom>,
}

impl DocumentBody {
    /// Demands that the hash is that of the atoms.
    #[track_caller]
    pub fn proves_itself(self) -> Self {
        assert_eq!(self.state_hash, state_hash(&self.atoms), "rev {} of {}", self.head_rev, self.canvas_id);
        self
    }

    /// The ids of its atoms, in order.
    pub fn atom_ids(&self) -> Vec<&str> {
        self.atoms.iter().map(|atom| atom.atom_id.as_str()).collect()
    }
}

/// One entry of `GET /canvas/{id}/commits`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// The rev that it made.
    pub rev: u64,
    /// Names it.
    pub commit_id: Uuid,
    /// The command that asked for it.
    pub command_id: Uuid,
    /// Who.
    pub actor_id: ActorId,
    /// What kind of being.
    pub actor_type: ActorType,
    /// Why.
    pub intent: Intent,
    /// What.
    pub ops: Vec<Op>,
    /// The hash afterwards.
    pub state_hash: String,
    /// When.
    pub ts: String,
}

/// A page of them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Commits {
    pub(crate) commits: Vec<Commit>,
    pub(crate) head_rev: u64,
}
