//! The chain: the gates in their order, and who refuses first.

use crate::decision::{Cause, Decision, GateName, Outcome, Step, Via};
use crate::facts::{Facts, Override};
use crate::{budget, firearms, kill_switch, kpi, strategy_lock, temperature};

/// A gate.
#[derive(Debug, Clone, Copy)]
pub struct Gate {
    /// Its name.
    pub name: GateName,
    /// Whether drafts, which stay inside, pass it unasked.
    pub skips_drafts: bool,
    check: fn(&Facts) -> Outcome,
}

/// The gates in the contract's order. The first refusal is the answer, so the order is part of it.
pub const CHAIN: [Gate; 6] = [
    Gate { name: GateName::KillSwitch, skips_drafts: false, check: kill_switch::check },
    Gate { name: GateName::Firearms, skips_drafts: false, check: firearms::check },
    Gate { name: GateName::StrategyLock, skips_drafts: false, check: strategy_lock::check },
    Gate { name: GateName::Budget, skips_drafts: true, check: budget::check },
    Gate { name: GateName::Kpi, skips_drafts: true, check: kpi::check },
    Gate { name: GateName::Temperature, skips_drafts: true, check: temperature::check },
];

/// Whether it may be. Stops at the first refusal.
pub fn decide(facts: &Facts) -> Decision {
    let mut steps = Vec::new();
    for gate in &CHAIN {
        let step = ask(gate, facts);
        let goes_on = step.outcome.goes_on();
        steps.push(step);
        if !goes_on {
            break;
        }
    }
    decision(steps)
}

/// What every gate says, also behind the one that refuses: the same answer as [`decide`], with all that would have to change.
pub fn explain(facts: &Facts) -> Decision {
    decision(CHAIN.iter().map(|gate| ask(gate, facts)).collect())
}

fn decision(steps: Vec<Step>) -> Decision {
    let refusal = steps.iter().find_map(|step| match &step.outcome {
        Outcome::Refused { code, .. } => Some((step.gate, *code)),
        Outcome::Passed { .. } | Outcome::Skipped => None,
    });
    let (gate, code) = refusal.unzip();
    Decision { allowed: refusal.is_none(), gate, code, steps }
}

fn ask(gate: &Gate, facts: &Facts) -> Step {
    let outcome = if gate.skips_drafts && facts.asked.is_draft { Outcome::Skipped } else { (gate.check)(facts) };
    Step { gate: gate.name, outcome: overridden(gate, facts, outcome) }
}

/// An owner's word stands against what was never measured: not against what was, nor against what cannot be read.
fn overridden(gate: &Gate, facts: &Facts, outcome: Outcome) -> Outcome {
    let is_unmeasured =
        matches!(outcome, Outcome::Refused { cause: Cause::Unmeasured { .. } | Cause::CurrencyUnknown { .. }, .. });
    let holds = |it: &&Override| {
        let is_for = it.action.as_ref().is_none_or(|action| *action == facts.asked.action);
        it.gate == gate.name && is_for && it.expires_at > facts.at
    };
    match facts.overrides.iter().find(holds) {
        Some(it) if is_unmeasured => Outcome::Passed { via: Via::Override(it.override_id.clone()) },
        Some(_) | None => outcome,
    }
}
