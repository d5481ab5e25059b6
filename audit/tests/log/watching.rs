//! What a watcher believes, and what it does not.

use crate::sample::{checkpoint, log};
use audit::{Checkpoint, Log, Next, Question, Rewritten, proves, seen};

fn at(log: &Log, size: u64) -> Checkpoint {
    checkpoint(log, size)
}

#[test]
fn a_log_that_grows_is_believed() {
    let log = log(300);
    assert_eq!(seen(None, &at(&log, 7)), Ok(Next::Believe));
    assert_eq!(seen(Some(&at(&log, 0)), &at(&log, 7)), Ok(Next::Believe));
    assert_eq!(seen(Some(&at(&log, 7)), &at(&log, 7)), Ok(Next::Believe));
    let demanded = Next::Demand(Question::Consistency { old: 7, new: 300 });
    assert_eq!(seen(Some(&at(&log, 7)), &at(&log, 300)), Ok(demanded));
    assert_eq!(proves(&at(&log, 7), &at(&log, 300), &log.prove_consistency(7, 300).unwrap()), Ok(()));
}

#[test]
fn a_log_that_was_rewritten_is_not() {
    let (log, mut other) = (log(300), Log::new());
    (0..300_u64).for_each(|seq| other.append(seq.to_be_bytes().to_vec()).unwrap());
    let check = |last: Checkpoint, now: Checkpoint, expected| assert_eq!(seen(Some(&last), &now), Err(expected));
    check(at(&log, 8), at(&log, 7), Rewritten::RolledBack { last: 8, now: 7 });
    check(at(&log, 8), at(&log, 0), Rewritten::RolledBack { last: 8, now: 0 });
    check(at(&log, 8), at(&other, 8), Rewritten::Forked { size: 8 });
    let elsewhere = Checkpoint { origin: "x".into(), ..at(&log, 9) };
    let (last, now) = (at(&log, 8).origin, "x".to_owned());
    check(at(&log, 8), elsewhere, Rewritten::Elsewhere { last, now });
    let proof = other.prove_consistency(7, 300).unwrap();
    assert_eq!(proves(&at(&log, 7), &at(&other, 300), &proof), Err(Rewritten::Changed { size: 7 }));
    assert_eq!(proves(&at(&log, 7), &at(&log, 300), &proof), Err(Rewritten::Changed { size: 7 }));
}
