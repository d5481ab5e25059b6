//! What a watcher believes: each checkpoint must go on where the last one that it saw ended.

use crate::checkpoint::Checkpoint;
use crate::question::Question;
use tlog_tiles::{Hash, check_tree};

/// A checkpoint that does not go on where the last one ended. Whoever signed both rewrote the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rewritten {
    /// It is of another log.
    #[error("it is the checkpoint of {now}, not of {last}")]
    Elsewhere {
        /// The log that was watched.
        last: String,
        /// The log that it is of.
        now: String,
    },
    /// Records are gone.
    #[error("the log was rolled back from {last} to {now} records")]
    RolledBack {
        /// How many there were.
        last: u64,
        /// How many there are.
        now: u64,
    },
    /// As many records, and others.
    #[error("there are two logs of {size} records: it was forked")]
    Forked {
        /// How many.
        size: u64,
    },
    /// The first records are others.
    #[error("the log was rewritten: its first {size} records are no longer those that were signed")]
    Changed {
        /// How many were signed before.
        size: u64,
    },
}

/// What is to be done about a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it is as believable as its signature.
    Believe,
    /// A proof of this is to be demanded, and [looked at](proves).
    Demand(Question),
}

/// What follows from a checkpoint after the last one that was believed.
pub fn seen(last: Option<&Checkpoint>, now: &Checkpoint) -> Result<Next, Rewritten> {
    let Some(last) = last else { return Ok(Next::Believe) };
    if last.origin != now.origin {
        return Err(Rewritten::Elsewhere { last: last.origin.clone(), now: now.origin.clone() });
    }
    match now.size {
        size if size < last.size => Err(Rewritten::RolledBack { last: last.size, now: size }),
        size if size == last.size && now.root != last.root => Err(Rewritten::Forked { size }),
        size if size == last.size || last.size == 0 => Ok(Next::Believe),
        size => Ok(Next::Demand(Question::Consistency { old: last.size, new: size })),
    }
}

/// Whether these hashes prove that the log goes on where it ended.
pub fn proves(last: &Checkpoint, now: &Checkpoint, hashes: &[Hash]) -> Result<(), Rewritten> {
    let checked = check_tree(&hashes.to_vec(), now.size, now.root, last.size, last.root);
    checked.map_err(|_| Rewritten::Changed { size: last.size })
}
