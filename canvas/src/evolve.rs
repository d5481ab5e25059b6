//! The document after a change that was decided. Never fails.

use crate::decide::{Change, Edit};
use crate::document::Document;
use serde_json::Value;

/// Does what was decided on this very state of the document.
pub(crate) fn evolve(document: &mut Document, change: Change) {
    let tree = &mut document.tree;
    match change.edit {
        Edit::Insert { parent, atom } => tree.insert(parent, atom),
        Edit::Remove { slot } => tree.remove(slot),
        Edit::Relocate { slot, parent, index } => tree.relocate(slot, parent, index),
        Edit::Set { slot, path, value } => {
            tree.tokens_mut(slot).insert(path, value);
        }
        Edit::Unset { slot, path } => {
            tree.tokens_mut(slot).remove(&path);
        }
        Edit::Splice { slot, path, range, text } => {
            if let Some(Value::String(old)) = tree.tokens_mut(slot).get_mut(&path) {
                old.replace_range(range, &text);
            }
        }
    }
    document.bytes = change.bytes;
}
