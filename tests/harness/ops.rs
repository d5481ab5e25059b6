//! The eight operations, each in the fewest words.

use serde_json::Value;
use subjects::document::{Op, Tokens};
use subjects::ids::AtomId;

fn id(atom: &str) -> AtomId {
    atom.parse().expect("an atom's id")
}

/// A heading at the top of the document.
pub fn add(atom: &str) -> Op {
    add_at(atom, None, 0)
}

/// A heading at a place.
pub fn add_at(atom: &str, parent: Option<&str>, index: usize) -> Op {
    add_with(atom, parent, index, Tokens::new())
}

/// A heading at a place, that holds something.
pub fn add_with(atom: &str, parent: Option<&str>, index: usize, tokens: Tokens) -> Op {
    Op::AddAtom { atom_id: id(atom), parent_id: parent.map(id), index, kind: "heading".into(), tokens }
}

/// Takes an atom away, with its subtree.
pub fn remove(atom: &str) -> Op {
    Op::RemoveAtom { atom_id: id(atom) }
}

/// Puts an atom elsewhere.
pub fn move_to(atom: &str, parent: Option<&str>, index: usize) -> Op {
    Op::MoveAtom { atom_id: id(atom), parent_id: parent.map(id), index }
}

/// Sets a token.
pub fn set(atom: &str, path: &str, value: impl Into<Value>) -> Op {
    Op::SetToken { atom_id: id(atom), path: path.into(), value: value.into() }
}

/// Takes a token away.
pub fn unset(atom: &str, path: &str) -> Op {
    Op::UnsetToken { atom_id: id(atom), path: path.into() }
}

/// Inserts text, counted in UTF-16.
pub fn insert(atom: &str, path: &str, at: usize, text: &str) -> Op {
    Op::InsertText { atom_id: id(atom), path: path.into(), at, text: text.into() }
}

/// Deletes text, counted in UTF-16.
pub fn delete(atom: &str, path: &str, from: usize, to: usize) -> Op {
    Op::DeleteRange { atom_id: id(atom), path: path.into(), from, to }
}

/// Replaces text, counted in UTF-16.
pub fn replace(atom: &str, path: &str, (from, to): (usize, usize), text: &str) -> Op {
    Op::ReplaceTextRange { atom_id: id(atom), path: path.into(), from, to, text: text.into() }
}
