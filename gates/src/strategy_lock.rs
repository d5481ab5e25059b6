//! Gate 3: does an approved, current strategy lock allow it, and its three-wise question, too?

use crate::decision::{Cause, GateCode, Outcome, Via};
use crate::facts::{Amount, Facts, Lock, LockState, Question, Read, Verdict};
use crate::rules::needs_lock;

pub(crate) fn check(facts: &Facts) -> Outcome {
    if !needs_lock(&facts.asked.action) {
        return Outcome::passed();
    }
    let Read::Known(locks) = &facts.locks else {
        return Outcome::refused(GateCode::StrategyLockUnknown, Cause::Unread);
    };
    match locks.iter().find(|lock| allows(lock, facts)) {
        Some(lock) => Outcome::Passed { via: Via::Lock(lock.lock_id.clone()) },
        None => {
            let looked_at = locks.iter().map(|lock| lock.lock_id.clone()).collect();
            Outcome::refused(GateCode::StrategyLockRequired, Cause::LockNeeded { looked_at })
        }
    }
}

/// What the gate of strategy locks alone says: all that changes of what gates decide on have to pass. A kill switch must not
/// stand in the way of its own release.
pub fn strategy_lock(facts: &Facts) -> Outcome {
    check(facts)
}

fn allows(lock: &Lock, facts: &Facts) -> bool {
    let is_current = lock.valid_from <= facts.at && facts.at < lock.valid_until;
    let is_here =
        |surfaces: &Vec<String>| facts.asked.surface.as_ref().is_some_and(|surface| surfaces.contains(surface));
    let is_through =
        |providers: &Vec<String>| facts.asked.provider.as_ref().is_some_and(|provider| providers.contains(provider));
    let is_agreed = |question: &Question| question.verdict == Some(Verdict::Approve);
    lock.state == LockState::Approved
        && is_current
        && lock.allowed_actions.contains(&facts.asked.action)
        && lock.surfaces.as_ref().is_none_or(is_here)
        && lock.providers.as_ref().is_none_or(is_through)
        && lock.cost_most.as_ref().is_none_or(|most| costs_at_most(most, facts.asked.cost.as_ref()))
        && lock.question.as_ref().is_none_or(is_agreed)
}

/// What costs nothing is within any bound; what costs another currency is within none.
fn costs_at_most(most: &Amount, cost: Option<&Amount>) -> bool {
    cost.is_none_or(|cost| cost.currency == most.currency && cost.micros <= most.micros)
}
