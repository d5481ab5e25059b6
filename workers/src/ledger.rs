//! The ledger of one delivery: what was decided on its commands before, and what is decided now. Each command once.

mod seen;

pub(crate) use seen::{Seen, Sight};

use crate::size::bytes_of;
use crate::store::commands::{Asked, Decided, Outcome};
use subjects::answer::{Answer, Effect, Rejection};
use uuid::Uuid;

/// What was decided before and now. Whoever judges asks it first.
#[derive(Debug)]
pub(crate) struct Ledger {
    seen: Seen,
    /// What is to be recorded.
    pub(crate) records: Vec<Decided>,
    /// What an earlier delivery of these commands led to, with the command that did.
    pub(crate) made_before: Vec<(Uuid, Effect)>,
}

impl Ledger {
    /// Nothing is decided yet but what was seen.
    pub(crate) fn new(seen: Seen) -> Self {
        Self { seen, records: Vec::new(), made_before: Vec::new() }
    }

    /// The answer to a command that is not to be judged: on it was decided before, or its names stand for another.
    pub(crate) fn known(&mut self, asked: Asked<'_>) -> Option<Answer<Effect>> {
        let conflict = Err(Rejection::IdempotencyConflict);
        match self.seen.look(&asked) {
            Sight::Redelivered(outcome) => {
                let effect = outcome.iter().map(|effect| (asked.command_id, effect.clone()));
                self.made_before.extend(effect);
                Some(Answer { outcome: outcome.clone(), replayed: true })
            }
            Sight::Repeated(outcome) => Some(Answer { outcome: outcome.clone(), replayed: true }),
            Sight::IdTaken => Some(Answer { outcome: conflict, replayed: false }),
            Sight::KeyTaken => Some(self.record(asked, conflict)),
            Sight::New => None,
        }
    }

    /// The answer to a command that was judged.
    pub(crate) fn record(&mut self, asked: Asked<'_>, outcome: Outcome) -> Answer<Effect> {
        let decided = Decided::new(asked, worth_keeping(&outcome));
        self.seen.add(decided.clone());
        // One row for each id: within a batch too, the last judgement of a refused id stands.
        self.records.retain(|earlier| earlier.command_id != decided.command_id);
        self.records.push(decided);
        Answer { outcome, replayed: false }
    }

    /// Places of events that an earlier delivery of these commands made true.
    pub(crate) fn seqs_made_before(&self) -> Vec<u64> {
        self.made_before.iter().filter_map(|(_, effect)| effect.seq()).collect()
    }
}

/// The most bytes of operations that are recorded with a refusal. They can be read from the log.
const RECORDED_OPS_BYTES_MAX: usize = 16 * 1024;

/// The outcome as it is recorded: a client that lags far and asks often does not fill the database.
fn worth_keeping(outcome: &Outcome) -> Outcome {
    match outcome {
        Err(Rejection::RevMismatch { head_rev, base_rev, base_seq, ops_since_base: Some(ops) })
            if bytes_of(ops) > RECORDED_OPS_BYTES_MAX =>
        {
            let (head_rev, base_rev, base_seq) = (*head_rev, *base_rev, *base_seq);
            Err(Rejection::RevMismatch { head_rev, base_rev, base_seq, ops_since_base: None })
        }
        Ok(_) | Err(_) => outcome.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use subjects::document::Op;

    #[test]
    fn a_long_refusal_is_recorded_without_operations() {
        let keeps = |bytes| {
            let (atom_id, value) = ("a".parse().unwrap(), "x".repeat(bytes).into());
            let ops_since_base = Some(vec![Op::SetToken { atom_id, path: "p".into(), value }]);
            let rejection = Rejection::RevMismatch { head_rev: 2, base_rev: 1, base_seq: Some(1), ops_since_base };
            matches!(worth_keeping(&Err(rejection)), Err(Rejection::RevMismatch { ops_since_base: Some(_), .. }))
        };
        assert!(keeps(10));
        assert!(!keeps(RECORDED_OPS_BYTES_MAX));
    }
}
