//! How a document changes: all operations of a command, or none.

use crate::decide::decide;
use crate::document::Document;
use crate::evolve::evolve;
use crate::invalid::{OpInvalid, Reason};
use crate::invert::inverse;
use subjects::document::Op;

/// Applies the operations in order. When one is not valid on the state that those before it led to, the document
/// stays what it was. The same state and operations always lead to the same.
pub fn apply(document: &mut Document, ops: &[Op]) -> Result<(), OpInvalid> {
    let mut undo = Vec::new();
    for (index, op) in ops.iter().enumerate() {
        let is_last = index + 1 == ops.len();
        match step(document, op, is_last) {
            Ok(inverse) => undo.push(inverse),
            Err(reason) => {
                roll_back(document, undo);
                return Err(OpInvalid { index, reason });
            }
        }
    }
    Ok(())
}

/// Applies one operation and returns what undoes it; nothing for the last, because nothing can fail after it.
fn step(document: &mut Document, op: &Op, is_last: bool) -> Result<Vec<Op>, Reason> {
    let change = decide(document, op)?;
    let inverse = if is_last { Vec::new() } else { inverse(document, op)? };
    evolve(document, change);
    Ok(inverse)
}

fn roll_back(document: &mut Document, undo: Vec<Vec<Op>>) {
    for op in undo.into_iter().rev().flatten() {
        let change = decide(document, &op).expect("the way back leads over states that were valid");
        evolve(document, change);
    }
}
