//! The Merkle hash of a document, kept so that a change costs only the way from it to the root.

use crate::tree::{Node, ROOT, Slot, Tree};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;
use subjects::document::Tokens;

/// The hash of a whole document; written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StateHash([u8; 32]);

/// A text that is not 64 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a state hash is 64 of 0-9 a-f")]
pub struct InvalidStateHash;

impl StateHash {
    pub(crate) fn of(tree: &Tree) -> Self {
        Self(*hash(tree, ROOT))
    }
}

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateHash({self})")
    }
}

impl FromStr for StateHash {
    type Err = InvalidStateHash;
    fn from_str(text: &str) -> Result<Self, InvalidStateHash> {
        let mut bytes = [0; 32];
        let is_upper = text.bytes().any(|b| b.is_ascii_uppercase());
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) if !is_upper => Ok(Self(bytes)),
            Ok(()) | Err(_) => Err(InvalidStateHash),
        }
    }
}

/// What a node remembers of its hashing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums {
    /// The hash, while nothing at or below the node changed.
    hash: OnceLock<[u8; 32]>,
    /// SHA-256 after the node's own bytes, so that a parent is not written out again for a change of a child.
    /// Kept only by nodes with children.
    own: OnceLock<Box<Sha256>>,
}

impl Sums {
    /// Whether there was a hash to forget.
    pub(crate) fn forget_hash(&mut self) -> bool {
        self.hash.take().is_some()
    }

    /// To be called when what the node itself holds changes.
    pub(crate) fn forget_own(&mut self) {
        self.own.take();
    }
}

/// Recurses as deep as the document is, which [`crate::limits::DEPTH_MAX`] bounds.
fn hash(tree: &Tree, slot: Slot) -> &[u8; 32] {
    let node = tree.node(slot);
    node.sums.hash.get_or_init(|| match node.children.as_slice() {
        [] => own(node).finalize().into(),
        children => {
            let own = node.sums.own.get_or_init(|| Box::new(own(node)));
            let mut sha = own.as_ref().clone();
            children.iter().for_each(|child| sha.update(hash(tree, *child)));
            sha.finalize().into()
        }
    })
}

/// The members that go into a node's hash, as the contract names them.
#[derive(Serialize)]
struct Own<'a> {
    atom_id: &'a str,
    kind: &'a str,
    tokens: &'a Tokens,
}

fn own(node: &Node) -> Sha256 {
    let atom_id = node.atom_id.as_ref().map_or("", |id| id.as_str());
    let own = Own { atom_id, kind: &node.kind, tokens: &node.tokens };
    let bytes = serde_json_canonicalizer::to_vec(&own).expect("text and finite numbers are JSON");
    Sha256::new_with_prefix(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_hash_is_64_lower_case_hex_digits() {
        let check = |text: &str, is_hash: bool| {
            let parsed = text.parse::<StateHash>();
            assert_eq!(parsed.map(|hash| hash.to_string()).ok(), is_hash.then(|| text.to_owned()));
        };
        check(&"0a".repeat(32), true);
        check(&"0A".repeat(32), false);
        check(&"0a".repeat(31), false);
        check(&"0a".repeat(33), false);
        check(&"0g".repeat(32), false);
        check("", false);
    }
}
