//! Whether an operation may happen to a document as it stands, and what exactly it would do.

use crate::document::Document;
use crate::invalid::Reason;
use crate::limits::{ATOMS_MAX, DEPTH_MAX, DOCUMENT_BYTES_MAX};
use crate::text;
use crate::token;
use crate::tree::{Node, ROOT, Slot};
use serde_json::Value;
use std::ops::Range;
use subjects::document::{Atom, Op};
use subjects::ids::AtomId;

/// What will happen. Holds for the document that it was decided on and for no other.
pub(crate) struct Change {
    pub(crate) edit: Edit,
    /// What the document counts for afterwards.
    pub(crate) bytes: usize,
}

/// What will happen to the tree, with everything found and checked.
pub(crate) enum Edit {
    Insert { parent: Slot, atom: Atom },
    Remove { slot: Slot },
    Relocate { slot: Slot, parent: Slot, index: usize },
    Set { slot: Slot, path: String, value: Value },
    Unset { slot: Slot, path: String },
    Splice { slot: Slot, path: String, range: Range<usize>, text: String },
}

/// What the operation would do, or why it may not.
pub(crate) fn decide(document: &Document, op: &Op) -> Result<Change, Reason> {
    match op {
        Op::AddAtom { atom_id, parent_id, index, kind, tokens } => {
            let (atom_id, parent_id) = (atom_id.clone(), parent_id.clone());
            let (kind, tokens) = (kind.clone(), tokens.clone());
            let atom = Atom { atom_id, parent_id, index: *index, kind, tokens };
            add(document, atom)
        }
        Op::RemoveAtom { atom_id } => remove(document, atom_id),
        Op::MoveAtom { atom_id, parent_id, index } => relocate(document, atom_id, parent_id.as_ref(), *index),
        Op::SetToken { atom_id, path, value } => set(document, atom_id, path, value),
        Op::UnsetToken { atom_id, path } => unset(document, atom_id, path),
        Op::InsertText { atom_id, path, at, text } => splice(document, atom_id, path, (*at, *at), text),
        Op::DeleteRange { atom_id, path, from, to } => splice(document, atom_id, path, (*from, *to), ""),
        Op::ReplaceTextRange { atom_id, path, from, to, text } => splice(document, atom_id, path, (*from, *to), text),
    }
}

/// What adding the atom would do, or why it may not.
pub(crate) fn add(document: &Document, atom: Atom) -> Result<Change, Reason> {
    if document.tree.slot(&atom.atom_id).is_some() {
        return Err(Reason::AtomExists);
    }
    let parent = parent(document, atom.parent_id.as_ref())?;
    check_index(atom.index, document.tree.node(parent).children.len())?;
    token::check_kind(&atom.kind)?;
    atom.tokens.iter().try_for_each(|(path, value)| token::check(path, value))?;
    if document.atom_count() >= ATOMS_MAX {
        return Err(Reason::TooManyAtoms);
    }
    check_depth(document, parent, 1)?;
    let more = token::atom_bytes(&atom.atom_id, &atom.kind, &atom.tokens);
    sized(document, 0, more, Edit::Insert { parent, atom })
}

/// The node that a `parent_id` names: none names the root.
pub(crate) fn parent(document: &Document, parent_id: Option<&AtomId>) -> Result<Slot, Reason> {
    match parent_id {
        None => Ok(ROOT),
        Some(atom_id) => document.tree.slot(atom_id).ok_or(Reason::ParentMissing),
    }
}

fn remove(document: &Document, atom_id: &AtomId) -> Result<Change, Reason> {
    let slot = atom(document, atom_id)?;
    let bytes = |slot| {
        let Node { atom_id, kind, tokens, .. } = document.tree.node(slot);
        atom_id.as_ref().map_or(0, |atom_id| token::atom_bytes(atom_id, kind, tokens))
    };
    let less = document.tree.downwards(slot).map(|(below, _)| bytes(below)).sum();
    sized(document, less, 0, Edit::Remove { slot })
}

fn relocate(document: &Document, atom_id: &AtomId, parent_id: Option<&AtomId>, index: usize) -> Result<Change, Reason> {
    let tree = &document.tree;
    let slot = atom(document, atom_id)?;
    let parent = parent(document, parent_id)?;
    if tree.upwards(parent).any(|above| above == slot) {
        return Err(Reason::Cycle);
    }
    let stays = usize::from(tree.node(slot).parent == parent);
    check_index(index, tree.node(parent).children.len() - stays)?;
    check_depth(document, parent, tree.height(slot))?;
    sized(document, 0, 0, Edit::Relocate { slot, parent, index })
}

fn set(document: &Document, atom_id: &AtomId, path: &str, value: &Value) -> Result<Change, Reason> {
    let slot = atom(document, atom_id)?;
    token::check(path, value)?;
    let old = document.tree.node(slot).tokens.get(path);
    let less = old.map_or(0, |old| token::bytes(path, old));
    let edit = Edit::Set { slot, path: path.to_owned(), value: value.clone() };
    sized(document, less, token::bytes(path, value), edit)
}

fn unset(document: &Document, atom_id: &AtomId, path: &str) -> Result<Change, Reason> {
    let slot = atom(document, atom_id)?;
    let old = document.tree.node(slot).tokens.get(path).ok_or(Reason::TokenMissing)?;
    sized(document, token::bytes(path, old), 0, Edit::Unset { slot, path: path.to_owned() })
}

fn splice(
    document: &Document,
    atom_id: &AtomId,
    path: &str,
    (from, to): (usize, usize),
    text: &str,
) -> Result<Change, Reason> {
    let slot = atom(document, atom_id)?;
    let old = document.tree.node(slot).tokens.get(path).ok_or(Reason::TokenMissing)?;
    let old = old.as_str().ok_or(Reason::TokenNotText)?;
    let range = text::bytes_between(old, from, to)?;
    let (less, more) = (range.len(), text.len());
    token::check_text_bytes(old.len() - less + more)?;
    let edit = Edit::Splice { slot, path: path.to_owned(), range, text: text.to_owned() };
    sized(document, less, more, edit)
}

pub(crate) fn atom(document: &Document, atom_id: &AtomId) -> Result<Slot, Reason> {
    document.tree.slot(atom_id).ok_or(Reason::AtomMissing)
}

fn check_index(index: usize, siblings: usize) -> Result<(), Reason> {
    (index <= siblings).then_some(()).ok_or(Reason::IndexBeyondEnd)
}

/// Whether something of this height may hang under `parent`.
fn check_depth(document: &Document, parent: Slot, height: usize) -> Result<(), Reason> {
    let parent_depth = document.tree.upwards(parent).count() - 1;
    (parent_depth + height <= DEPTH_MAX).then_some(()).ok_or(Reason::TooDeep)
}

/// The change, if the document does not grow too large by it.
fn sized(document: &Document, less: usize, more: usize, edit: Edit) -> Result<Change, Reason> {
    let bytes = document.bytes - less + more;
    let fits = bytes <= DOCUMENT_BYTES_MAX || more <= less;
    fits.then_some(Change { edit, bytes }).ok_or(Reason::DocumentTooLarge)
}
