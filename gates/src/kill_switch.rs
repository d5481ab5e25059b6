//! Gate 1: is it switched off, for the tenant or for all?

use crate::decision::{Cause, GateCode, Outcome};
use crate::facts::{Asked, Facts, Read, SubjectKind, Switch, Target};

pub(crate) fn check(facts: &Facts) -> Outcome {
    let Read::Known(switches) = &facts.switches else {
        return Outcome::refused(GateCode::KillSwitchUnknown, Cause::Unread);
    };
    let mut thrown = switches.iter().filter(|switch| stops(&switch.target, &facts.asked)).peekable();
    if thrown.peek().is_none() {
        return Outcome::passed();
    }
    let for_all = thrown.any(|switch| switch.is_for_all);
    Outcome::refused(GateCode::KillSwitch, Cause::SwitchedOff { for_all })
}

/// Whether one of the switches stops it: asked once more right before it is carried out.
pub fn is_stopped(asked: &Asked, switches: &[Switch]) -> bool {
    switches.iter().any(|switch| stops(&switch.target, asked))
}

fn stops(target: &Target, asked: &Asked) -> bool {
    match target {
        Target::Everything => true,
        Target::Action(action) => *action == asked.action,
        Target::Provider(provider) => asked.provider.as_ref() == Some(provider),
        Target::Autonomy => asked.is_autonomous || asked.subject.kind == SubjectKind::Agent,
    }
}
