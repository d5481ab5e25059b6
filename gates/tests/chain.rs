//! The chain as others see it: every combination of what the gates may find, and each gate by rows.

use chrono::{DateTime, TimeDelta, Utc};
use gates::{
    Amount, Asked, CHAIN, Corridor, Decision, Facts, GateCode, GateName, Level, Licence, Limit, Lock, LockState,
    Measurement, Outcome, Override, Question, Read, Subject, SubjectKind, Switch, Target, Temperature, Term, Verdict,
    Via, Window, decide, explain, is_stopped,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn hour() -> TimeDelta {
    TimeDelta::hours(1)
}

/// An action that every gate is asked about, and that all let pass.
fn facts() -> Facts {
    let action = "publish_sensitive".to_owned();
    Facts {
        asked: Asked {
            action: action.clone(),
            subject: Subject { kind: SubjectKind::Agent, id: "a_1".into() },
            surface: Some("site".into()),
            provider: Some("mailer".into()),
            cost: Some(euros(10)),
            is_autonomous: true,
            is_draft: false,
        },
        at: now(),
        switches: Read::Known(Vec::new()),
        levels: BTreeMap::new(),
        licences: Read::Known(vec![licence(Level::High)]),
        locks: Read::Known(vec![lock()]),
        limits: Read::Known(vec![limit(100, 40, 50)]),
        corridors: Read::Known(vec![corridor(Some(5.0))]),
        temperature: Read::Known(temperature(Some(5.0))),
        overrides: Vec::new(),
    }
}

fn euros(units: u64) -> Amount {
    Amount { micros: units * 1_000_000, currency: "EUR".into() }
}

fn licence(level: Level) -> Licence {
    Licence { licence_id: "l1".into(), level, scope: None, expires_at: now() + hour(), is_revoked: false }
}

fn lock() -> Lock {
    Lock {
        lock_id: "k1".into(),
        state: LockState::Approved,
        allowed_actions: vec!["publish_sensitive".into()],
        surfaces: None,
        providers: None,
        cost_most: None,
        valid_from: now() - hour(),
        valid_until: now() + hour(),
        question: None,
    }
}

fn limit(most: u64, spent: u64, reserved: u64) -> Limit {
    let micros = |units| units * 1_000_000;
    let (spent_micros, reserved_micros) = (micros(spent), micros(reserved));
    Limit { limit_id: "b1".into(), window: Window::Day, most: euros(most), spent_micros, reserved_micros }
}

fn measured(value: f64) -> Measurement {
    Measurement { value, at: now() }
}

fn corridor(latest: Option<f64>) -> Corridor {
    Corridor { kpi: "ctr".into(), min: Some(1.0), max: Some(9.0), latest: latest.map(measured) }
}

fn temperature(latest: Option<f64>) -> Temperature {
    let term = Term { weight: 1.0, floor: Some(1.0), ceiling: Some(9.0), latest: latest.map(measured) };
    Temperature { terms: [("heat".to_owned(), term)].into() }
}

/// What a gate may find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Pass,
    Deny,
    Unknown,
    Failed,
}

const FOUND: [Found; 4] = [Found::Pass, Found::Deny, Found::Unknown, Found::Failed];

fn set(facts: &mut Facts, gate: GateName, found: Found) {
    use Found::{Deny, Failed, Pass, Unknown};
    match (gate, found) {
        (_, Pass) => {}
        (GateName::KillSwitch, Deny) => {
            facts.switches = Read::Known(vec![Switch { is_for_all: false, target: Target::Autonomy }]);
        }
        // A switch that nobody threw is no switch: what is unknown of switches is that they cannot be read.
        (GateName::KillSwitch, Unknown | Failed) => facts.switches = Read::Failed,
        (GateName::Firearms, Deny) => facts.licences = Read::Known(vec![licence(Level::Medium)]),
        (GateName::Firearms, Unknown) => facts.licences = Read::Known(Vec::new()),
        (GateName::Firearms, Failed) => facts.licences = Read::Failed,
        (GateName::StrategyLock, Deny) => {
            facts.locks = Read::Known(vec![Lock { state: LockState::Rejected, ..lock() }]);
        }
        (GateName::StrategyLock, Unknown) => {
            let question = Some(Question { question_id: "q1".into(), verdict: None });
            facts.locks = Read::Known(vec![Lock { question, ..lock() }]);
        }
        (GateName::StrategyLock, Failed) => facts.locks = Read::Failed,
        (GateName::Budget, Deny) => facts.limits = Read::Known(vec![limit(100, 41, 50)]),
        (GateName::Budget, Unknown) => facts.asked.cost = Some(Amount { currency: "USD".into(), ..euros(1) }),
        (GateName::Budget, Failed) => facts.limits = Read::Failed,
        (GateName::Kpi, Deny) => facts.corridors = Read::Known(vec![corridor(Some(9.5))]),
        (GateName::Kpi, Unknown) => facts.corridors = Read::Known(vec![corridor(None)]),
        (GateName::Kpi, Failed) => facts.corridors = Read::Failed,
        (GateName::Temperature, Deny) => facts.temperature = Read::Known(temperature(Some(0.5))),
        (GateName::Temperature, Unknown) => facts.temperature = Read::Known(temperature(None)),
        (GateName::Temperature, Failed) => facts.temperature = Read::Failed,
    }
}

/// The table: the code of each refusal, and whether an owner's word stands against it.
fn code(gate: GateName, found: Found) -> Option<(GateCode, bool)> {
    use Found::{Deny, Failed, Pass, Unknown};
    match (gate, found) {
        (_, Pass) => None,
        (GateName::KillSwitch, Deny) => Some((GateCode::KillSwitch, false)),
        (GateName::KillSwitch, Unknown | Failed) => Some((GateCode::KillSwitchUnknown, false)),
        (GateName::Firearms, Deny | Unknown) => Some((GateCode::LicenceRequired, false)),
        (GateName::Firearms, Failed) => Some((GateCode::LicenceUnknown, false)),
        (GateName::StrategyLock, Deny | Unknown) => Some((GateCode::StrategyLockRequired, false)),
        (GateName::StrategyLock, Failed) => Some((GateCode::StrategyLockUnknown, false)),
        (GateName::Budget, Deny) => Some((GateCode::BudgetExceeded, false)),
        (GateName::Budget, Unknown) => Some((GateCode::BudgetUnknown, true)),
        (GateName::Budget, Failed) => Some((GateCode::BudgetUnknown, false)),
        (GateName::Kpi, Deny) => Some((GateCode::KpiOutOfCorridor, false)),
        (GateName::Kpi, Unknown) => Some((GateCode::KpiUnknown, true)),
        (GateName::Kpi, Failed) => Some((GateCode::KpiUnknown, false)),
        (GateName::Temperature, Deny) => Some((GateCode::TemperatureBreach, false)),
        (GateName::Temperature, Unknown) => Some((GateCode::TemperatureUnknown, true)),
        (GateName::Temperature, Failed) => Some((GateCode::TemperatureUnknown, false)),
    }
}

const ORDER: [GateName; 6] = [
    GateName::KillSwitch,
    GateName::Firearms,
    GateName::StrategyLock,
    GateName::Budget,
    GateName::Kpi,
    GateName::Temperature,
];

fn overrides() -> Vec<Override> {
    let over = |gate| Override { override_id: "o1".into(), gate, action: None, expires_at: now() + hour() };
    ORDER.map(over).into()
}

#[test]
fn all_combinations_are_as_the_table_says() {
    assert_eq!(CHAIN.map(|gate| gate.name), ORDER);
    let mut seen = 0;
    for combination in 0..FOUND.len().pow(6) {
        let found: Vec<_> = (0..6).map(|gate| FOUND[combination / FOUND.len().pow(gate) % FOUND.len()]).collect();
        for (is_draft, is_overridden) in [(false, false), (false, true), (true, false)] {
            let mut facts = facts();
            ORDER.into_iter().zip(&found).for_each(|(gate, found)| set(&mut facts, gate, *found));
            facts.asked.is_draft = is_draft;
            facts.overrides = if is_overridden { overrides() } else { Vec::new() };
            let asked = if is_draft { 3 } else { 6 };
            let refusal = ORDER.into_iter().zip(&found).take(asked).find_map(|(gate, found)| {
                let (code, yields) = code(gate, *found)?;
                (!(yields && is_overridden)).then_some((gate, code))
            });
            let decision = decide(&facts);
            let Decision { allowed, gate, code, .. } = &decision;
            assert_eq!(
                (*allowed, gate.zip(*code)),
                (refusal.is_none(), refusal),
                "{found:?} {is_draft} {is_overridden}"
            );
            let last = refusal.map_or(6, |(gate, _)| ORDER.iter().position(|it| *it == gate).unwrap() + 1);
            assert_eq!(decision.steps.len(), last, "it stops at the first refusal");
            let explained = explain(&facts);
            assert_eq!((explained.allowed, explained.code, explained.steps.len()), (*allowed, *code, 6));
            seen += 1;
        }
    }
    assert_eq!(seen, 3 * 4_096);
}

fn of(change: impl FnOnce(&mut Facts)) -> Result<(), GateCode> {
    let mut facts = facts();
    change(&mut facts);
    decide(&facts).code.map_or(Ok(()), Err)
}

#[test]
fn who_is_stopped_by_a_switch() {
    let thrown = |target: Target| of(|facts| facts.switches = Read::Known(vec![Switch { is_for_all: true, target }]));
    let stopped = Err(GateCode::KillSwitch);
    assert_eq!(thrown(Target::Everything), stopped);
    assert_eq!(thrown(Target::Action("publish_sensitive".into())), stopped);
    assert_eq!(thrown(Target::Action("other".into())), Ok(()));
    assert_eq!(thrown(Target::Provider("mailer".into())), stopped);
    assert_eq!(thrown(Target::Provider("other".into())), Ok(()));
    assert_eq!(thrown(Target::Autonomy), stopped);
    let by_a_person = of(|facts| {
        facts.switches = Read::Known(vec![Switch { is_for_all: true, target: Target::Autonomy }]);
        facts.asked.subject.kind = SubjectKind::Human;
        facts.asked.is_autonomous = false;
    });
    assert_eq!(by_a_person, Ok(()));
    let in_a_tools_name = of(|facts| {
        facts.switches = Read::Known(vec![Switch { is_for_all: false, target: Target::Autonomy }]);
        facts.asked.subject.kind = SubjectKind::Tool;
    });
    assert_eq!(in_a_tools_name, stopped, "an agent stays one, whoever it names");
}

#[test]
fn what_is_asked_again_before_the_effect() {
    let asked = facts().asked;
    let check = |targets: &[Target], expected| {
        let switches: Vec<_> =
            targets.iter().map(|target| Switch { is_for_all: false, target: target.clone() }).collect();
        assert_eq!(is_stopped(&asked, &switches), expected, "{targets:?}");
    };
    check(&[], false);
    check(&[Target::Action("other".into()), Target::Provider("other".into())], false);
    check(&[Target::Action("other".into()), Target::Provider("mailer".into())], true);
    check(&[Target::Everything], true);
}

#[test]
fn of_what_nobody_could_read_nothing_is_allowed() {
    let unread = |is_draft| Facts::unread(Asked { is_draft, ..facts().asked }, now());
    assert_eq!(decide(&unread(false)).code, Some(GateCode::KillSwitchUnknown));
    assert_eq!(decide(&unread(true)).code, Some(GateCode::KillSwitchUnknown));
}

#[test]
fn which_licence_suffices() {
    let held = |licence: Licence| of(|facts| facts.licences = Read::Known(vec![licence]));
    let refused = Err(GateCode::LicenceRequired);
    assert_eq!(held(licence(Level::High)), Ok(()));
    assert_eq!(held(Licence { expires_at: now(), ..licence(Level::High) }), refused);
    assert_eq!(held(Licence { is_revoked: true, ..licence(Level::High) }), refused);
    assert_eq!(held(Licence { scope: Some(vec!["other".into()]), ..licence(Level::High) }), refused);
    assert_eq!(held(Licence { scope: Some(vec!["publish_sensitive".into()]), ..licence(Level::High) }), Ok(()));
    let harmless = |levels: &[(&str, Level)]| {
        of(|facts| {
            facts.asked.action = "send_newsletter".into();
            facts.licences = Read::Known(vec![licence(Level::Low)]);
            facts.levels = levels.iter().map(|(action, level)| ((*action).to_owned(), *level)).collect();
        })
    };
    assert_eq!(harmless(&[]), Ok(()));
    assert_eq!(harmless(&[("send_newsletter", Level::Low)]), Ok(()));
    assert_eq!(harmless(&[("send_newsletter", Level::Medium)]), refused);
    // A tenant demands more, never less.
    let lowered = of(|facts| {
        facts.levels = [("publish_sensitive".to_owned(), Level::Low)].into();
        facts.licences = Read::Known(vec![licence(Level::Medium)]);
    });
    assert_eq!(lowered, refused);
}

#[test]
fn which_lock_allows() {
    let with = |lock: Lock| of(|facts| facts.locks = Read::Known(vec![lock]));
    let refused = Err(GateCode::StrategyLockRequired);
    let asks = |verdict| Some(Question { question_id: "q".into(), verdict });
    assert_eq!(with(lock()), Ok(()));
    assert_eq!(with(Lock { state: LockState::Draft, ..lock() }), refused);
    assert_eq!(with(Lock { valid_until: now(), ..lock() }), refused);
    assert_eq!(with(Lock { valid_from: now() + hour(), ..lock() }), refused);
    assert_eq!(with(Lock { allowed_actions: vec!["other".into()], ..lock() }), refused);
    assert_eq!(with(Lock { surfaces: Some(vec!["site".into()]), ..lock() }), Ok(()));
    assert_eq!(with(Lock { surfaces: Some(vec!["shop".into()]), ..lock() }), refused);
    assert_eq!(with(Lock { providers: Some(vec!["mailer".into()]), ..lock() }), Ok(()));
    assert_eq!(with(Lock { providers: Some(vec!["other".into()]), ..lock() }), refused);
    assert_eq!(with(Lock { providers: Some(Vec::new()), ..lock() }), refused);
    assert_eq!(with(Lock { cost_most: Some(euros(10)), ..lock() }), Ok(()));
    assert_eq!(with(Lock { cost_most: Some(euros(9)), ..lock() }), refused);
    assert_eq!(with(Lock { cost_most: Some(Amount { currency: "USD".into(), ..euros(99) }), ..lock() }), refused);
    let without = |change: fn(&mut Asked), lock: Lock| {
        of(|facts| {
            change(&mut facts.asked);
            facts.locks = Read::Known(vec![lock]);
        })
    };
    let by_mailer = || Lock { providers: Some(vec!["mailer".into()]), ..lock() };
    assert_eq!(without(|asked| asked.provider = None, by_mailer()), refused, "it is tied to a provider");
    assert_eq!(without(|asked| asked.cost = None, Lock { cost_most: Some(euros(0)), ..lock() }), Ok(()));
    assert_eq!(with(Lock { question: asks(Some(Verdict::Approve)), ..lock() }), Ok(()));
    assert_eq!(with(Lock { question: asks(Some(Verdict::Reject)), ..lock() }), refused);
    assert_eq!(with(Lock { question: asks(None), ..lock() }), refused);
}

#[test]
fn what_can_be_paid() {
    let with = |limits: Vec<Limit>| of(|facts| facts.limits = Read::Known(limits));
    assert_eq!(with(Vec::new()), Ok(()));
    assert_eq!(with(vec![limit(100, 90, 0)]), Ok(()));
    assert_eq!(with(vec![limit(100, 0, 91)]), Err(GateCode::BudgetExceeded));
    assert_eq!(with(vec![limit(1_000, 0, 0), limit(9, 0, 0)]), Err(GateCode::BudgetExceeded));
    let full = Limit { spent_micros: u64::MAX, reserved_micros: 1, ..limit(100, 0, 0) };
    assert_eq!(with(vec![full]), Err(GateCode::BudgetExceeded));
    let free = |limits| {
        of(|facts| {
            facts.asked.cost = None;
            facts.limits = Read::Known(limits);
        })
    };
    assert_eq!(free(vec![limit(100, 100, 0)]), Ok(()));
    assert_eq!(free(vec![limit(100, 101, 0)]), Err(GateCode::BudgetExceeded));
}

#[test]
fn what_is_no_number_keeps_no_bound() {
    assert_eq!(
        of(|facts| facts.corridors = Read::Known(vec![corridor(Some(f64::NAN))])),
        Err(GateCode::KpiOutOfCorridor)
    );
    assert_eq!(of(|facts| facts.corridors = Read::Known(Vec::new())), Ok(()));
    assert_eq!(of(|facts| facts.corridors = Read::Known(vec![corridor(Some(1.0)), corridor(Some(9.0))])), Ok(()));
}

#[test]
fn the_temperature_is_the_weighted_mean() {
    let term = |weight, value| Term { weight, floor: None, ceiling: None, latest: Some(measured(value)) };
    let terms = [("a".to_owned(), term(1.0, 10.0)), ("b".to_owned(), term(3.0, 2.0))].into();
    assert_eq!(Temperature { terms }.value(), Some(4.0));
    assert_eq!(temperature(None).value(), None);
    assert!(temperature(Some(5.0)).breaches().is_empty());
    assert_eq!(temperature(Some(9.1)).breaches()[0].ceiling, Some(9.0));
}

#[test]
fn an_owners_word_holds_for_its_gate_action_and_time() {
    let with = |change: fn(&mut Override)| {
        of(|facts| {
            set(facts, GateName::Kpi, Found::Unknown);
            let gate = GateName::Kpi;
            let mut it = Override { override_id: "o".into(), gate, action: None, expires_at: now() + hour() };
            change(&mut it);
            facts.overrides = vec![it];
        })
    };
    let refused = Err(GateCode::KpiUnknown);
    assert_eq!(with(|_| {}), Ok(()));
    assert_eq!(with(|it| it.expires_at = now()), refused);
    assert_eq!(with(|it| it.gate = GateName::Budget), refused);
    assert_eq!(with(|it| it.action = Some("other".into())), refused);
    assert_eq!(with(|it| it.action = Some("publish_sensitive".into())), Ok(()));
}

#[test]
fn a_pass_says_by_what() {
    let decision = decide(&facts());
    let via = |gate: usize| match &decision.steps[gate].outcome {
        Outcome::Passed { via } => via.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((via(0), via(1), via(2)), (Via::Rule, Via::Licence("l1".into()), Via::Lock("k1".into())));
}

proptest! {
    /// Facts that were put on record and read back give the same decision, to the last bit.
    #[test]
    fn a_decision_can_be_made_again(
        spent in any::<u64>(), reserved in any::<u64>(), cost in any::<u64>(), value in any::<f64>().prop_filter("JSON", |it| it.is_finite()),
        floor in proptest::option::of(-1e12..1e12f64), weight in 0.0..10.0f64, is_draft in any::<bool>(),
    ) {
        let mut facts = facts();
        facts.asked.is_draft = is_draft;
        facts.asked.cost = Some(Amount { micros: cost, currency: "EUR".into() });
        facts.limits = Read::Known(vec![Limit { spent_micros: spent, reserved_micros: reserved, ..limit(100, 0, 0) }]);
        facts.corridors = Read::Known(vec![corridor(Some(value))]);
        let term = Term { weight, floor, ceiling: None, latest: Some(measured(value)) };
        facts.temperature = Read::Known(Temperature { terms: [("t".to_owned(), term)].into() });
        let recorded = serde_json::to_string(&facts).unwrap();
        let read: Facts = serde_json::from_str(&recorded).unwrap();
        prop_assert_eq!(serde_json::to_string(&decide(&read)).unwrap(), serde_json::to_string(&decide(&facts)).unwrap());
        prop_assert_eq!(serde_json::to_string(&explain(&read)).unwrap(), serde_json::to_string(&explain(&facts)).unwrap());
        if let Read::Known(temperature) = &facts.temperature {
            let Read::Known(again) = &read.temperature else { unreachable!() };
            prop_assert_eq!(temperature.value().map(f64::to_bits), again.value().map(f64::to_bits));
        }
    }

    /// What is granted never passes the limit, whatever the numbers.
    #[test]
    fn what_is_granted_stays_within_the_limit(most in any::<u64>(), spent in any::<u64>(), reserved in any::<u64>(), cost in any::<u64>()) {
        let amount = |micros| Amount { micros, currency: "EUR".into() };
        let it = Limit { most: amount(most), spent_micros: spent, reserved_micros: reserved, ..limit(0, 0, 0) };
        let granted = of(|facts| {
            facts.asked.cost = Some(amount(cost));
            facts.limits = Read::Known(vec![it]);
        });
        let sum = u128::from(spent) + u128::from(reserved) + u128::from(cost);
        prop_assert_eq!(granted.is_ok(), sum <= u128::from(most));
    }
}
