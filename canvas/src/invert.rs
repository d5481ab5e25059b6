//! The operations that undo an operation.

use crate::decide::{atom, decide};
use crate::document::Document;
use crate::invalid::Reason;
use crate::text;
use subjects::document::{Atom, Op};
use subjects::ids::AtomId;

/// The operations that lead back to `before` once `op` was applied to it, to be applied in this order. Fails
/// as `op` would.
pub fn invert(before: &Document, op: &Op) -> Result<Vec<Op>, Reason> {
    decide(before, op)?;
    inverse(before, op)
}

/// As [`invert`], for an operation that is known to be valid.
pub(crate) fn inverse(before: &Document, op: &Op) -> Result<Vec<Op>, Reason> {
    match op {
        Op::AddAtom { atom_id, .. } => Ok(vec![Op::RemoveAtom { atom_id: atom_id.clone() }]),
        Op::RemoveAtom { atom_id } => put_back(before, atom_id),
        Op::MoveAtom { atom_id, .. } => move_back(before, atom_id).map(|op| vec![op]),
        Op::SetToken { atom_id, path, .. } | Op::UnsetToken { atom_id, path } => {
            token_back(before, atom_id, path).map(|op| vec![op])
        }
        Op::InsertText { atom_id, path, at, text } => {
            text_back(before, atom_id, path, (*at, *at), text).map(|op| vec![op])
        }
        Op::DeleteRange { atom_id, path, from, to } => {
            text_back(before, atom_id, path, (*from, *to), "").map(|op| vec![op])
        }
        Op::ReplaceTextRange { atom_id, path, from, to, text } => {
            text_back(before, atom_id, path, (*from, *to), text).map(|op| vec![op])
        }
    }
}

fn put_back(before: &Document, atom_id: &AtomId) -> Result<Vec<Op>, Reason> {
    let subtree = before.tree.downwards(atom(before, atom_id)?);
    Ok(subtree.filter_map(|(slot, index)| before.tree.atom(slot, index)).map(added).collect())
}

fn added(atom: Atom) -> Op {
    let Atom { atom_id, parent_id, index, kind, tokens } = atom;
    Op::AddAtom { atom_id, parent_id, index, kind, tokens }
}

fn move_back(before: &Document, atom_id: &AtomId) -> Result<Op, Reason> {
    let slot = atom(before, atom_id)?;
    let parent = before.tree.node(before.tree.node(slot).parent);
    Ok(Op::MoveAtom { atom_id: atom_id.clone(), parent_id: parent.atom_id.clone(), index: before.tree.index(slot) })
}

fn token_back(before: &Document, atom_id: &AtomId, path: &str) -> Result<Op, Reason> {
    let old = before.tree.node(atom(before, atom_id)?).tokens.get(path);
    let (atom_id, path) = (atom_id.clone(), path.to_owned());
    Ok(match old {
        Some(old) => Op::SetToken { atom_id, path, value: old.clone() },
        None => Op::UnsetToken { atom_id, path },
    })
}

/// What undoes that `from..to` was replaced by `text`.
fn text_back(
    before: &Document,
    atom_id: &AtomId,
    path: &str,
    (from, to): (usize, usize),
    text: &str,
) -> Result<Op, Reason> {
    let old = before.tree.node(atom(before, atom_id)?).tokens.get(path);
    let old = old.ok_or(Reason::TokenMissing)?.as_str().ok_or(Reason::TokenNotText)?;
    Ok(Op::ReplaceTextRange {
        atom_id: atom_id.clone(),
        path: path.to_owned(),
        from,
        to: from + text::units(text),
        text: old[text::bytes_between(old, from, to)?].to_owned(),
    })
}
