//! Gate 4: does what was spent and reserved in each window, with what this costs, stay within its limit?

use crate::decision::{Cause, GateCode, Outcome};
use crate::facts::{Amount, Facts, Limit, Read};

pub(crate) fn check(facts: &Facts) -> Outcome {
    let Read::Known(limits) = &facts.limits else {
        return Outcome::refused(GateCode::BudgetUnknown, Cause::Unread);
    };
    if limits.is_empty() {
        return Outcome::passed();
    }
    let Some(cost) = &facts.asked.cost else {
        return over(limits, |_| 0);
    };
    if !limits.iter().any(|limit| limit.most.currency == cost.currency) {
        let currency = cost.currency.clone();
        return Outcome::refused(GateCode::BudgetUnknown, Cause::CurrencyUnknown { currency });
    }
    over(limits, |most| if most.currency == cost.currency { cost.micros } else { 0 })
}

/// The first limit that would be passed. Sums that no number holds are above every limit.
fn over(limits: &[Limit], costs: impl Fn(&Amount) -> u64) -> Outcome {
    let left = |limit: &Limit| {
        let taken = limit.spent_micros.checked_add(limit.reserved_micros)?;
        limit.most.micros.checked_sub(taken)
    };
    let is_over = |limit: &&Limit| left(limit).is_none_or(|left| costs(&limit.most) > left);
    match limits.iter().find(is_over) {
        None => Outcome::passed(),
        Some(limit) => {
            let (limit_id, left_micros) = (limit.limit_id.clone(), left(limit).unwrap_or(0));
            Outcome::refused(GateCode::BudgetExceeded, Cause::TooExpensive { limit_id, left_micros })
        }
    }
}
