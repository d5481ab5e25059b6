//! What a client that saw an earlier rev must be told to catch up.

use crate::size::bytes_of;
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use subjects::answer::Rejection;
use subjects::document::Op;

/// The most commits whose operations are told.
pub(crate) const COMMITS_MAX: usize = 256;
/// The most bytes of operations that one answer tells, and that all answers to one message tell together: they
/// must fit one message.
pub(crate) const OPS_BYTES_MAX: usize = 256 * 1024;
const OPS_BYTES_MAX_TOGETHER: usize = 2 * OPS_BYTES_MAX;

/// The recent commits of a log, up to its head.
#[derive(Debug)]
pub(crate) struct Past<'a> {
    head_rev: u64,
    /// Without holes, the last one is the head.
    commits: VecDeque<Cow<'a, [Op]>>,
    seqs: BTreeMap<u64, u64>,
    bytes_left: usize,
}

impl<'a> Past<'a> {
    /// The commits just before `head_rev` and the one that made it, and places in the log by rev.
    pub(crate) fn new(head_rev: u64, commits: Vec<Vec<Op>>, seqs: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let commits = commits.into_iter().map(Cow::Owned).collect();
        let seqs = std::iter::once((0, 0)).chain(seqs).collect();
        Self { head_rev, commits, seqs, bytes_left: OPS_BYTES_MAX_TOGETHER }
    }

    /// The rev at the head.
    pub(crate) fn head_rev(&self) -> u64 {
        self.head_rev
    }

    /// Puts a commit at the head.
    pub(crate) fn push(&mut self, ops: &'a [Op], seq: u64) {
        self.head_rev += 1;
        self.seqs.insert(self.head_rev, seq);
        self.commits.push_back(Cow::Borrowed(ops));
        if self.commits.len() > COMMITS_MAX {
            self.commits.pop_front();
        }
    }

    /// The refusal of a command that saw `base_rev`.
    pub(crate) fn mismatch(&mut self, base_rev: u64) -> Rejection {
        let is_future = base_rev > self.head_rev;
        let base_seq = if is_future { None } else { self.seqs.get(&base_rev).copied() };
        let ops_since_base = if is_future { None } else { self.ops_since(base_rev) };
        Rejection::RevMismatch { head_rev: self.head_rev, base_rev, base_seq, ops_since_base }
    }

    fn ops_since(&mut self, base_rev: u64) -> Option<Vec<Op>> {
        let count = usize::try_from(self.head_rev - base_rev).ok()?;
        let first = self.commits.len().checked_sub(count)?;
        let ops: Vec<Op> = self.commits.range(first..).flat_map(|ops| ops.iter().cloned()).collect();
        let bytes = bytes_of(&ops);
        if bytes > OPS_BYTES_MAX.min(self.bytes_left) {
            return None;
        }
        self.bytes_left -= bytes;
        Some(ops)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(atom: &str) -> Op {
        Op::RemoveAtom { atom_id: atom.parse().unwrap() }
    }

    fn huge(bytes: usize) -> Op {
        Op::SetToken { atom_id: "a".parse().unwrap(), path: "p".into(), value: "x".repeat(bytes).into() }
    }

    #[test]
    fn what_a_client_must_be_told() {
        let new = [op("n")];
        let mut past = Past::new(7, vec![vec![op("f"), op("g")], vec![op("h")]], [(5, 50), (7, 70)]);
        past.push(&new, 81);
        let mut check = |base_rev, base_seq, ops_since_base: Option<Vec<Op>>| {
            let expected = Rejection::RevMismatch { head_rev: 8, base_rev, base_seq, ops_since_base };
            assert_eq!(past.mismatch(base_rev), expected);
        };
        check(9, None, None);
        check(8, Some(81), Some(vec![]));
        check(7, Some(70), Some(vec![op("n")]));
        check(5, Some(50), Some(vec![op("f"), op("g"), op("h"), op("n")]));
        check(4, None, None);
        check(0, Some(0), None);
    }

    #[test]
    fn not_too_much_is_told() {
        let mut past = Past::new(1, vec![vec![huge(OPS_BYTES_MAX)]], []);
        assert!(past.ops_since(0).is_none());
        let mut past = Past::new(1, vec![vec![huge(OPS_BYTES_MAX - 100)]], []);
        let told = (0..3).map(|_| past.ops_since(0).is_some()).collect::<Vec<_>>();
        assert_eq!(told, [true, true, false]);
        let ops = [op("a")];
        let mut past = Past::new(0, vec![], []);
        (0..=COMMITS_MAX as u64).for_each(|seq| past.push(&ops, seq + 1));
        assert!(past.ops_since(0).is_none());
        assert!(past.ops_since(1).is_some());
    }
}
