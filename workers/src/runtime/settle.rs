//! What becomes of commands whose worker did not get them done. What is done is acknowledged once it is sent.

use crate::runtime::worker::Failure;

/// What becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settlement {
    /// The message comes again at once, to whichever worker asks first.
    Retry,
    /// The message is kept until the database is back, and they are tried again here. That is no attempt.
    Wait,
    /// They are put aside with the cause.
    DeadLetter,
}

/// How much fails together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Several commands in one transaction: when they come again, they are handled one by one.
    Batch,
    /// One command.
    Single,
}

/// The settlement after the `attempt`-th delivery, counted from 1, failed.
pub(crate) fn decide(failure: &Failure, scope: Scope, attempt: u64, attempts_max: u64) -> Settlement {
    match (failure, scope) {
        (Failure::Unavailable(_), Scope::Batch | Scope::Single) => Settlement::Wait,
        (Failure::Transient(_) | Failure::Poison(_), Scope::Batch) => Settlement::Retry,
        (Failure::Transient(_), Scope::Single) if attempt < attempts_max => Settlement::Retry,
        (Failure::Transient(_) | Failure::Poison(_), Scope::Single) => Settlement::DeadLetter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn settlements() {
        let check = |failure: Failure, scope, attempt, expected| {
            assert_eq!(decide(&failure, scope, attempt, 3), expected, "{failure:?} {scope:?} {attempt}");
        };
        let transient = || Failure::Transient(anyhow!("deadlock"));
        let poison = || Failure::Poison(anyhow!("no JSON"));
        let unavailable = || Failure::Unavailable(anyhow!("refused"));
        check(transient(), Scope::Single, 1, Settlement::Retry);
        check(transient(), Scope::Single, 2, Settlement::Retry);
        check(transient(), Scope::Single, 3, Settlement::DeadLetter);
        check(transient(), Scope::Single, 4, Settlement::DeadLetter);
        check(transient(), Scope::Batch, 3, Settlement::Retry);
        check(poison(), Scope::Single, 1, Settlement::DeadLetter);
        check(poison(), Scope::Batch, 1, Settlement::Retry);
        check(unavailable(), Scope::Batch, 1, Settlement::Wait);
        check(unavailable(), Scope::Single, 99, Settlement::Wait);
    }
}
