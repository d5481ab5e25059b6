//! The canvas document as it travels: atoms and the operations on them (contract section 3).

use crate::ids::AtomId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The tokens of an atom: a flat map from path to JSON value.
pub type Tokens = BTreeMap<String, Value>;

/// One atom of a document, with its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Atom {
    /// Unique within the document.
    pub atom_id: AtomId,
    /// The atom it hangs under; none means the implied root.
    pub parent_id: Option<AtomId>,
    /// Its place among its siblings, from 0.
    pub index: usize,
    /// What it is, e.g. `heading`.
    pub kind: String,
    /// What it holds.
    pub tokens: Tokens,
}

/// A canvas document as it was at a rev: the body of its snapshot in S3, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The rev.
    pub rev: u64,
    /// The place in the log of the commit that made the rev.
    pub seq: u64,
    /// The document's hash, in hex.
    pub state_hash: String,
    /// Parents before children, siblings in order.
    pub atoms: Vec<Atom>,
}

/// One operation of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Puts a new atom at `index` among the children of `parent_id`.
    AddAtom {
        /// The new atom; must not exist yet.
        atom_id: AtomId,
        /// Null for the root.
        parent_id: Option<AtomId>,
        /// Where the atom stands afterwards; beyond the end is invalid.
        index: usize,
        /// What it is.
        kind: String,
        /// What it holds.
        #[serde(default)]
        tokens: Tokens,
    },
    /// Takes an atom away with its subtree.
    RemoveAtom {
        /// The atom.
        atom_id: AtomId,
    },
    /// Puts an atom, with its subtree, elsewhere.
    MoveAtom {
        /// The atom.
        atom_id: AtomId,
        /// Null for the root.
        parent_id: Option<AtomId>,
        /// Where the atom stands afterwards; beyond the end is invalid.
        index: usize,
    },
    /// Sets a token, whether or not it was there.
    SetToken {
        /// The atom.
        atom_id: AtomId,
        /// The token.
        path: String,
        /// Its new value.
        value: Value,
    },
    /// Takes a token away; it must be there.
    UnsetToken {
        /// The atom.
        atom_id: AtomId,
        /// The token.
        path: String,
    },
    /// Inserts text into a string token.
    InsertText {
        /// The atom.
        atom_id: AtomId,
        /// The token.
        path: String,
        /// In UTF-16 code units.
        at: usize,
        /// What is inserted.
        text: String,
    },
    /// Deletes `from..to` of a string token.
    DeleteRange {
        /// The atom.
        atom_id: AtomId,
        /// The token.
        path: String,
        /// In UTF-16 code units, inclusive.
        from: usize,
        /// In UTF-16 code units, exclusive.
        to: usize,
    },
    /// Puts `text` in the place of `from..to` of a string token.
    ReplaceTextRange {
        /// The atom.
        atom_id: AtomId,
        /// The token.
        path: String,
        /// In UTF-16 code units, inclusive.
        from: usize,
        /// In UTF-16 code units, exclusive.
        to: usize,
        /// What stands there afterwards.
        text: String,
    },
}
