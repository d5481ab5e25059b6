//! Gate 2: has who acts an active licence of the level that the action takes?

use crate::decision::{Cause, GateCode, Outcome, Via};
use crate::facts::{Facts, Licence, Read};
use crate::rules::level_needed;

pub(crate) fn check(facts: &Facts) -> Outcome {
    let Some(needed) = level_needed(&facts.asked.action, &facts.levels) else {
        return Outcome::passed();
    };
    let Read::Known(licences) = &facts.licences else {
        return Outcome::refused(GateCode::LicenceUnknown, Cause::Unread);
    };
    let best = licences.iter().filter(|licence| is_active(licence, facts)).max_by_key(|licence| licence.level);
    match best {
        Some(licence) if licence.level >= needed => Outcome::Passed { via: Via::Licence(licence.licence_id.clone()) },
        best => {
            let held = best.map(|licence| licence.level);
            Outcome::refused(GateCode::LicenceRequired, Cause::LevelNeeded { needed, held })
        }
    }
}

fn is_active(licence: &Licence, facts: &Facts) -> bool {
    let is_for = |scope: &Vec<String>| scope.contains(&facts.asked.action);
    !licence.is_revoked && licence.expires_at > facts.at && licence.scope.as_ref().is_none_or(is_for)
}
