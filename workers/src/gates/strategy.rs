//! Strategy locks: drafted, decided on once, and over in time.

use crate::gates::{Asking, Outcome};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::gates::locks::{self, Standing};
use crate::store::gates::questions;
use chrono::{DateTime, Utc};
use gates::LockState;
use subjects::code::Code;
use subjects::gates::change::{LockDecision, NewLock};
use subjects::gates::text::Words;
use subjects::ids::LockId;

/// Puts a draft down.
pub(super) async fn draft(client: &Client, asking: Asking<'_>, lock: &NewLock) -> Result<Outcome, Failure> {
    if let Some(question_id) = &lock.question_id
        && questions::find(client, asking.place(), question_id).await?.is_none()
    {
        return Ok(Outcome::refused(Code::NotFound, "There is no such question."));
    }
    let put = locks::draft(client, asking.place(), lock, (asking.actor_id(), asking.at)).await?;
    Ok(Outcome::put(put, "another lock"))
}

/// Approves or rejects a draft, or ends a lock's time.
pub(super) async fn decide(
    client: &Client,
    asking: Asking<'_>,
    lock_id: &LockId,
    (decision, reason): (LockDecision, Option<&Words>),
) -> Result<Outcome, Failure> {
    let place = asking.place();
    let Some(standing) = locks::find(client, place, lock_id).await? else {
        return Ok(Outcome::refused(Code::NotFound, "There is no such lock."));
    };
    let outcome = judge(standing, decision, asking.at);
    if let Outcome::Changed = outcome {
        match decided(decision) {
            Some(state) => locks::decide(client, place, lock_id, (state, reason, asking.actor_id())).await?,
            None => locks::expire(client, place, lock_id, asking.at).await?,
        }
    }
    Ok(outcome)
}

/// The state that a decision makes; none where it makes none.
const fn decided(decision: LockDecision) -> Option<LockState> {
    match decision {
        LockDecision::Approve => Some(LockState::Approved),
        LockDecision::Reject => Some(LockState::Rejected),
        LockDecision::Expire => None,
    }
}

/// A draft is decided on once, while its time is not over. What was approved is not edited: its time can be ended.
fn judge(standing: Standing, decision: LockDecision, at: DateTime<Utc>) -> Outcome {
    let is_over = standing.valid_until <= at;
    match (standing.state, decision) {
        (LockState::Rejected, _) => Outcome::refused(Code::AlreadyDecided, "The lock was rejected. Draft another."),
        (LockState::Draft | LockState::Approved, LockDecision::Expire) if is_over => Outcome::AsItWas,
        (LockState::Draft | LockState::Approved, LockDecision::Expire) => Outcome::Changed,
        (LockState::Approved, LockDecision::Approve | LockDecision::Reject) => {
            Outcome::refused(Code::AlreadyDecided, "The lock was approved. Let it expire, and draft another.")
        }
        (LockState::Draft, LockDecision::Approve | LockDecision::Reject) if is_over => {
            Outcome::refused(Code::AlreadyDecided, "The lock's time is over. Draft another.")
        }
        (LockState::Draft, LockDecision::Approve | LockDecision::Reject) => Outcome::Changed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_decided_on_once() {
        let at = DateTime::UNIX_EPOCH;
        let check = |state, left_secs: i64, decision, expected: Option<bool>| {
            let valid_until = at + chrono::TimeDelta::seconds(left_secs);
            let decided = match judge(Standing { state, valid_until }, decision, at) {
                Outcome::Changed => Some(true),
                Outcome::AsItWas => Some(false),
                Outcome::Refused(_) => None,
            };
            assert_eq!(decided, expected, "{state:?} {left_secs} {decision:?}");
        };
        use LockDecision::{Approve, Expire, Reject};
        check(LockState::Draft, 1, Approve, Some(true));
        check(LockState::Draft, 1, Reject, Some(true));
        check(LockState::Draft, 1, Expire, Some(true));
        check(LockState::Draft, 0, Approve, None);
        check(LockState::Draft, 0, Reject, None);
        check(LockState::Draft, 0, Expire, Some(false));
        check(LockState::Approved, 1, Approve, None);
        check(LockState::Approved, 1, Reject, None);
        check(LockState::Approved, 1, Expire, Some(true));
        check(LockState::Approved, 0, Expire, Some(false));
        for decision in [Approve, Reject, Expire] {
            check(LockState::Rejected, 1, decision, None);
        }
    }
}
