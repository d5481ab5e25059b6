//! Changes of what gates decide on: each asked twice, made and recorded once.

use crate::asker::{Asker, trace};
use anyhow::Result;
use chrono::{TimeDelta, Utc};
use gates::{Target, Verdict};
use subjects::code::Code;
use subjects::command::Actor;
use subjects::gates::change::{LockDecision, NewKpi, NewLimit, NewLock, NewMeasurement, NewQuestion, NewUsage, Terms};
use subjects::gates::{Change, GatesAsk, GatesGrant};
use subjects::ids::{ActorType, Env, TenantId};
use subjects::member_command::MemberCommand;
use subjects::money::Money;
use subjects::routing::RoutingKeys;
use subjects::subject::{Asked, Subject};
use uuid::Uuid;

fn command(change: Change) -> MemberCommand<GatesAsk> {
    MemberCommand {
        command_id: Uuid::now_v7(),
        request_id: "r".into(),
        trace: trace(),
        tenant_id: TenantId::northstar(),
        env: Env::Dev,
        actor: Actor { actor_id: "u_1".parse().unwrap(), actor_type: ActorType::Human },
        routing: RoutingKeys::default(),
        correlation_id: None,
        ask: GatesAsk::Change(Box::new(change)),
    }
}

/// Asks for the same twice, and then demands that it was recorded so often with this outcome.
async fn twice(asker: &mut Asker, change: Change, expected: Result<GatesGrant, Code>) -> Result<()> {
    let command = command(change);
    let subject = Subject::ask(Asked::Gates, (command.tenant_id.clone(), command.env), command.ask.kind(), "gates");
    let mut answers = Vec::new();
    for _ in 0..2 {
        asker.publish(&subject, vec![command.clone()]).await?;
        answers.push(asker.answer::<GatesGrant>().await?.remove(0).outcome);
    }
    assert_eq!(answers[0], answers[1], "{command:?}");
    assert_eq!(answers.remove(0).map_err(|rejection| rejection.code()), expected, "{command:?}");
    Ok(())
}

fn lock(lock_id: &str, action: &str) -> Change {
    Change::DraftLock(NewLock {
        lock_id: lock_id.parse().unwrap(),
        title: "As agreed".parse().unwrap(),
        allowed_actions: vec![action.parse().unwrap()],
        surfaces: None,
        providers: None,
        cost_max: None,
        valid_from: None,
        valid_until: Utc::now() + TimeDelta::hours(1),
        question_id: None,
    })
}

fn decide(lock_id: &str, decision: LockDecision) -> Change {
    Change::DecideLock { lock_id: lock_id.parse().unwrap(), decision, reason: None }
}

#[tokio::test]
async fn a_change_that_comes_again_is_made_and_recorded_once() -> Result<()> {
    let mut asker = Asker::start(2, &[]).await?;
    let done = || Ok(GatesGrant::Done);
    let switch = |thrown| Change::SetSwitch { target: Target::Everything, thrown, reason: "x".parse().unwrap() };
    twice(&mut asker, switch(true), done()).await?;
    twice(&mut asker, switch(false), Err(Code::StrategyLockRequired)).await?;
    twice(&mut asker, lock("l-1", "safety:kill_switch_update"), done()).await?;
    twice(&mut asker, decide("l-1", LockDecision::Approve), done()).await?;
    twice(&mut asker, decide("l-1", LockDecision::Reject), Err(Code::AlreadyDecided)).await?;
    twice(&mut asker, switch(false), done()).await?;

    let question = NewQuestion { question_id: "q-1".parse()?, question: "Shall we?".parse()?, details: None };
    twice(&mut asker, Change::AskQuestion(question), done()).await?;
    let (question_id, opinion, reason) = ("q-1".parse()?, Verdict::Approve, "x".parse()?);
    twice(&mut asker, Change::GiveOpinion { question_id, opinion, reason }, done()).await?;

    let most = || Money { micros: 1, currency: "EUR".parse().unwrap() };
    let limit_id = || "b-1".parse().unwrap();
    let limit = NewLimit { limit_id: limit_id(), surface: None, window: gates::Window::Day, most: most() };
    twice(&mut asker, Change::SetLimit(limit), done()).await?;
    let usage_id = Uuid::now_v7();
    let usage = NewUsage { usage_id, cost: most(), surface: None, provider: None, note: None, used_at: None };
    twice(&mut asker, Change::RecordUsage(usage), done()).await?;
    twice(&mut asker, Change::DropLimit { limit_id: limit_id() }, done()).await?;

    let kpi = || "latency".parse().unwrap();
    twice(&mut asker, Change::DefineKpi(NewKpi { kpi: kpi(), title: "x".parse()?, unit: "x".parse()? }), done())
        .await?;
    twice(&mut asker, lock("l-2", "temperature:upsert_weights"), done()).await?;
    twice(&mut asker, decide("l-2", LockDecision::Approve), done()).await?;
    twice(&mut asker, Change::SetTerms { what: Terms::Weights, values: [(kpi(), 1.0)].into() }, done()).await?;
    let (measurement_id, measured_at) = (Uuid::now_v7(), Utc::now());
    let measured = NewMeasurement { measurement_id, kpi: kpi(), surface: None, value: 1.0, measured_at };
    twice(&mut asker, Change::Measure(measured), done()).await?;

    asker.nothing_is_pending().await?;
    assert!(asker.dead_letters().await?.is_empty());
    let recorded = "SELECT action, outcome FROM dataset_events WHERE tenant_id = 't_northstar' ORDER BY event_id";
    let rows = asker.database.query(recorded, &[]).await?;
    let recorded: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = [
        ("kill_switch.throw", "done"),
        ("kill_switch.release", "STRATEGY_LOCK_REQUIRED"),
        ("strategy_lock.draft", "done"),
        ("strategy_lock.approve", "done"),
        ("strategy_lock.reject", "ALREADY_DECIDED"),
        ("kill_switch.release", "done"),
        ("three_wise.ask", "done"),
        ("three_wise.opinion", "done"),
        ("budget_limit.set", "done"),
        ("budget_usage.record", "done"),
        ("budget_limit.drop", "done"),
        ("kpi.define", "done"),
        ("strategy_lock.draft", "done"),
        ("strategy_lock.approve", "done"),
        ("temperature.set_weights", "done"),
        ("kpi.measure", "done"),
    ];
    let expected = expected.map(|(action, outcome)| (action.to_owned(), outcome.to_owned()));
    assert_eq!(recorded, expected);
    let counts = "
        SELECT (SELECT count(*) FROM budget_usage), (SELECT count(*) FROM kpi_measurements),
               (SELECT count(*) FROM temperature_history), (SELECT count(*) FROM three_wise_opinions)";
    let counts = asker.database.query_one(counts, &[]).await?;
    assert_eq!([0, 1, 2, 3].map(|column| counts.get::<_, i64>(column)), [1, 1, 2, 1]);
    Ok(())
}
