//! What is said of a gate that refuses: its code, a sentence, and what would change the answer.

use crate::answer::Rejection;
use crate::code::Code;
use crate::money::decimal;
use gates::{Breach, Cause, Decision, GateCode, GateName, Outcome};
use serde_json::{Map, Value, json};

/// What is said of a decision that refuses; none of one that allows.
pub fn refusal(decision: &Decision) -> Option<Rejection> {
    let (gate, code, cause) = decision.steps.iter().find_map(|step| match &step.outcome {
        Outcome::Refused { code, cause } => Some((step.gate, *code, cause)),
        Outcome::Passed { .. } | Outcome::Skipped => None,
    })?;
    let mut members = Map::new();
    members.insert("gate".into(), json!(gate));
    members.insert("why".into(), json!(cause));
    Some(Rejection::Refused { code: code.into(), detail: sentence(gate, cause), members })
}

impl From<GateCode> for Code {
    fn from(code: GateCode) -> Self {
        match code {
            GateCode::KillSwitch => Code::KillSwitch,
            GateCode::LicenceRequired => Code::LicenceRequired,
            GateCode::StrategyLockRequired => Code::StrategyLockRequired,
            GateCode::BudgetExceeded => Code::BudgetExceeded,
            GateCode::KpiOutOfCorridor => Code::KpiOutOfCorridor,
            GateCode::TemperatureBreach => Code::TemperatureBreach,
            GateCode::KillSwitchUnknown => Code::KillSwitchUnknown,
            GateCode::LicenceUnknown => Code::LicenceUnknown,
            GateCode::StrategyLockUnknown => Code::StrategyLockUnknown,
            GateCode::BudgetUnknown => Code::BudgetUnknown,
            GateCode::KpiUnknown => Code::KpiUnknown,
            GateCode::TemperatureUnknown => Code::TemperatureUnknown,
        }
    }
}

fn sentence(gate: GateName, cause: &Cause) -> String {
    match cause {
        Cause::Unread => format!("What the gate {gate} decides on could not be read in time."),
        Cause::Unmeasured { names } => format!("Nobody measured {}.", names.join(", ")),
        Cause::SwitchedOff { for_all: true } => "It is switched off for everybody.".into(),
        Cause::SwitchedOff { for_all: false } => "It is switched off.".into(),
        Cause::LevelNeeded { needed, held: Some(held) } => {
            format!("It takes a licence of the level {needed}; the one that is held is {held}.")
        }
        Cause::LevelNeeded { needed, held: None } => {
            format!("It takes a licence of the level {needed}; there is none that is active.")
        }
        Cause::LockNeeded { looked_at } if looked_at.is_empty() => "No strategy lock names it.".into(),
        Cause::LockNeeded { .. } => "None of the strategy locks that name it allows it now, here.".into(),
        Cause::TooExpensive { limit_id, left_micros } => {
            format!("The limit {limit_id} leaves {}.", decimal(*left_micros))
        }
        Cause::CurrencyUnknown { currency } => format!("There is no limit in {currency}."),
        Cause::OutOfBounds { breaches } => breaches.iter().map(breach).collect::<Vec<_>>().join(" "),
    }
}

fn breach(breach: &Breach) -> String {
    let Breach { name, value, floor, ceiling } = breach;
    match (floor, ceiling) {
        (Some(floor), _) => format!("{name} is {value}, below {floor}."),
        (None, Some(ceiling)) => format!("{name} is {value}, above {ceiling}."),
        (None, None) => format!("{name} is {value}."),
    }
}

/// What a decision says in short: `{allowed, gate?, code?, facts_ref}`.
pub fn in_short(decision: &Decision, facts_ref: Option<&str>) -> Value {
    let mut short = json!({ "allowed": decision.allowed, "facts_ref": facts_ref });
    if let (Some(gate), Some(code)) = (decision.gate, decision.code) {
        short["gate"] = json!(gate);
        short["code"] = json!(code);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use gates::{Level, Step};

    #[test]
    fn a_refusal_says_what_would_change_it() {
        let check = |gate, code, cause: Cause, sentence: &str, why: Value| {
            let outcome = Outcome::Refused { code, cause };
            let steps = vec![Step { gate, outcome }];
            let decision = Decision { allowed: false, gate: Some(gate), code: Some(code), steps };
            let Some(Rejection::Refused { code: said, detail, members }) = refusal(&decision) else {
                panic!("no refusal")
            };
            assert_eq!((said, detail.as_str(), &members["why"]), (Code::from(code), sentence, &why));
            let short = in_short(&decision, Some("/x"));
            assert_eq!(short, json!({ "allowed": false, "gate": gate, "code": code, "facts_ref": "/x" }));
        };
        check(
            GateName::Firearms,
            GateCode::LicenceRequired,
            Cause::LevelNeeded { needed: Level::High, held: Some(Level::Low) },
            "It takes a licence of the level high; the one that is held is low.",
            json!({ "cause": "level_needed", "needed": "high", "held": "low" }),
        );
        check(
            GateName::StrategyLock,
            GateCode::StrategyLockRequired,
            Cause::LockNeeded { looked_at: vec!["k1".into()] },
            "None of the strategy locks that name it allows it now, here.",
            json!({ "cause": "lock_needed", "looked_at": ["k1"] }),
        );
        check(
            GateName::Budget,
            GateCode::BudgetExceeded,
            Cause::TooExpensive { limit_id: "b1".into(), left_micros: 1_500_000 },
            "The limit b1 leaves 1.5.",
            json!({ "cause": "too_expensive", "limit_id": "b1", "left_micros": 1_500_000 }),
        );
    }

    #[test]
    fn every_code_of_a_gate_is_a_code() {
        for code in [
            GateCode::KillSwitch,
            GateCode::LicenceRequired,
            GateCode::StrategyLockRequired,
            GateCode::BudgetExceeded,
            GateCode::KpiOutOfCorridor,
            GateCode::TemperatureBreach,
            GateCode::KillSwitchUnknown,
            GateCode::LicenceUnknown,
            GateCode::StrategyLockUnknown,
            GateCode::BudgetUnknown,
            GateCode::KpiUnknown,
            GateCode::TemperatureUnknown,
        ] {
            assert_eq!(json!(code), json!(Code::from(code)));
        }
    }
}
