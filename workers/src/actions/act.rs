//! Deciding about an action: facts in one snapshot, the decision, its record and what it reserves, in one transaction.

use crate::actions::told;
use crate::actions::within::{Within, log_of};
use crate::cause::{Asking, Deed};
use crate::runtime::worker::{Failure, Logged};
use crate::store::actions::{self, NewAction, Recorded, Spending, facts};
use crate::store::dataset_events::{self, DONE};
use crate::store::transaction::Transaction;
use crate::store::{Client, log};
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use gates::{Decision, Facts, Subject};
use node::postgres::Pool;
use serde_json::{Value, json};
use subjects::action::{Act, Acted, ActionStatus, SafetyDecision, facts_ref, is_draft};
use subjects::answer::Rejection;
use subjects::code::Code;
use subjects::ids::ActorType;
use uuid::Uuid;

/// What is not known any sooner is not known: an action that waited longer is decided about without facts.
const UNKNOWN_AFTER: TimeDelta = TimeDelta::seconds(5);

/// What came of it, durably, and what is to be sent because of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What was decided, or why nothing was.
    pub(crate) acted: Result<Acted, Rejection>,
    /// What this made true.
    pub(crate) events: Vec<Logged>,
    /// What an earlier delivery made true.
    pub(crate) events_again: Vec<Logged>,
}

impl Outcome {
    /// Whether there may be something to be carried out.
    pub(crate) fn is_pending(&self) -> bool {
        self.acted.as_ref().is_ok_and(|acted| acted.status == Some(ActionStatus::Pending))
    }

    fn of(acted: Result<Acted, Rejection>) -> Self {
        Self { acted, events: Vec::new(), events_again: Vec::new() }
    }
}

/// What was decided on what.
struct Judged {
    facts: Facts,
    decision: Decision,
    status: ActionStatus,
}

/// Decides about the action, once, however often it is asked for.
pub(crate) async fn act<A>(pool: &Pool, asking: &Asking<'_, A>, act: &Act) -> Result<Outcome, Failure> {
    if act.dry_run {
        return try_out(pool, asking, act).await;
    }
    let place = asking.place();
    let key = log_of(place, &asking.command.routing);
    let Some(within) = Within::open(pool, place, key.as_ref(), &asking.trace).await? else {
        let detail = "There is no such canvas or thread.";
        return Ok(Outcome::of(Err(Rejection::refused(Code::NotFound, detail))));
    };
    actions::lock(within.client(), place).await?;
    if let Some(before) = actions::find(within.client(), place, act.action_id).await? {
        return again(within, asking, act, before).await;
    }
    let judged = judge(within.client(), asking, act).await?;
    let seq = within.next().map(|(_, seq)| seq);
    put_down(within.client(), asking, act, (&judged, seq)).await?;
    audit(within.client(), asking, (act, "action.decide"), (&judged, Uuid::now_v7())).await?;
    let told = within.next().map(|at| told::event(asking.cause(), at, Utc::now(), said(act, &judged)));
    let events = within.commit(told).await?;
    let Judged { decision, status, .. } = judged;
    let acted = Acted { action_id: act.action_id, status: Some(status), decision, facts: None, is_repeat: false };
    Ok(Outcome { events, ..Outcome::of(Ok(acted)) })
}

/// Says what was decided before. What its own earlier delivery made true is sent again.
async fn again<A>(within: Within, asking: &Asking<'_, A>, act: &Act, before: Recorded) -> Result<Outcome, Failure> {
    let key = within.next().map(|(key, _)| key.clone());
    let events_again = match (key, before.seq) {
        (Some(key), Some(seq)) if asking.is_redelivered => log::events(within.client(), &key, &[seq]).await?,
        _ => Vec::new(),
    };
    within.abandon().await?;
    let is_same = before.fingerprint == act.fingerprint && before.actor_id == asking.command.actor.actor_id.as_str();
    if !is_same {
        let detail = "The key stands for another action that you asked for.";
        return Ok(Outcome::of(Err(Rejection::refused(Code::IdempotencyConflict, detail))));
    }
    let decision = serde_json::from_str(&before.decision);
    let decision = decision.context("a recorded decision is not understood").map_err(Failure::Poison)?;
    let is_repeat = before.command_id != asking.command.command_id;
    let (action_id, status) = (act.action_id, Some(before.status));
    let acted = Acted { action_id, status, decision, facts: None, is_repeat };
    Ok(Outcome { events_again, ..Outcome::of(Ok(acted)) })
}

/// Says what every gate would, and changes nothing; that it was asked is audited, once.
async fn try_out<A>(pool: &Pool, asking: &Asking<'_, A>, act: &Act) -> Result<Outcome, Failure> {
    let transaction = Transaction::begin(pool, asking.place().tenant_id).await?;
    let Judged { facts, status, .. } = judge(&transaction, asking, act).await?;
    let judged = Judged { decision: gates::explain(&facts), facts, status };
    let event_id = act.action_id;
    if !dataset_events::is_recorded(&transaction, asking.place(), event_id).await? {
        audit(&transaction, asking, (act, "action.try"), (&judged, event_id)).await?;
    }
    transaction.commit().await?;
    let facts = Some(value(&judged.facts)?);
    let acted = Acted { action_id: act.action_id, status: None, decision: judged.decision, facts, is_repeat: false };
    Ok(Outcome::of(Ok(acted)))
}

async fn judge<A>(client: &Client, asking: &Asking<'_, A>, act: &Act) -> Result<Judged, Failure> {
    let asked = asked(asking, act);
    let facts = facts::read(client, asking.place(), asked).await?;
    let facts = in_time(facts, act.asked_at, Utc::now());
    let decision = gates::decide(&facts);
    let status = status(&decision, act);
    Ok(Judged { facts, decision, status })
}

fn asked<A>(asking: &Asking<'_, A>, act: &Act) -> gates::Asked {
    gates::Asked {
        action: act.action.to_string(),
        subject: Subject { kind: act.subject_type, id: act.subject_id.to_string() },
        surface: asking.command.routing.surface_id.as_ref().map(ToString::to_string),
        provider: act.provider.as_ref().map(ToString::to_string),
        cost: act.cost.clone().map(Into::into),
        is_autonomous: asking.command.actor.actor_type == ActorType::Agent,
        is_draft: is_draft(&act.action),
    }
}

/// The facts, or none where too long has passed since it was asked: the database or the bus was away.
fn in_time(facts: Facts, asked_at: DateTime<Utc>, now: DateTime<Utc>) -> Facts {
    if now - asked_at > UNKNOWN_AFTER { Facts::unread(facts.asked, facts.at) } else { facts }
}

fn status(decision: &Decision, act: &Act) -> ActionStatus {
    match (decision.allowed, &act.webhook_url) {
        (false, _) => ActionStatus::Refused,
        (true, Some(_)) => ActionStatus::Pending,
        (true, None) => ActionStatus::Done,
    }
}

/// Puts the action on record, and what it reserves or has spent with it.
async fn put_down<A>(
    client: &Client,
    asking: &Asking<'_, A>,
    act: &Act,
    (judged, seq): (&Judged, Option<u64>),
) -> Result<(), Failure> {
    let (place, command) = (asking.place(), asking.command);
    let new = NewAction {
        act,
        command_id: command.command_id,
        correlation_id: command.correlation_id,
        actor: &command.actor,
        routing: &command.routing,
        request_id: &command.request_id,
        trace_id: &asking.trace.trace_id_hex(),
        facts: &text(&judged.facts)?,
        decision: &text(&judged.decision)?,
        status: judged.status,
        seq,
    };
    actions::insert(client, place, new).await?;
    let Some(cost) = &act.cost else { return Ok(()) };
    let spending = Spending {
        action_id: act.action_id,
        cost,
        surface: command.routing.surface_id.as_ref().map(|it| it.as_str()),
        provider: act.provider.as_ref().map(|it| it.as_str()),
        actor_id: command.actor.actor_id.as_str(),
    };
    match judged.status {
        ActionStatus::Pending => actions::reserve(client, place, spending).await,
        ActionStatus::Done => actions::spend(client, place, spending).await,
        ActionStatus::Refused | ActionStatus::Failed | ActionStatus::Stopped => Ok(()),
    }
}

async fn audit<A>(
    client: &Client,
    asking: &Asking<'_, A>,
    (act, what): (&Act, &str),
    (judged, event_id): (&Judged, Uuid),
) -> Result<(), Failure> {
    let code = judged.decision.code.map(Code::from);
    let deed = Deed {
        action: what,
        resource: &format!("action.{}", act.action_id),
        outcome: code.map_or(DONE, Code::as_str),
        details: &json!({
            "action": act.action, "status": judged.status, "webhook_url": act.webhook_url,
            "decision": judged.decision, "facts": value(&judged.facts)?,
        }),
    };
    dataset_events::record(client, asking.place(), asking.cause().audited(event_id, deed)).await
}

fn said(act: &Act, judged: &Judged) -> SafetyDecision {
    let Judged { facts, decision, status } = judged;
    SafetyDecision {
        action_id: Some(act.action_id),
        action: act.action.to_string(),
        subject_type: act.subject_type.to_string(),
        subject_id: act.subject_id.to_string(),
        allowed: decision.allowed,
        gate: decision.gate.map(|gate| gate.to_string()),
        code: decision.code.map(|code| Code::from(code).to_string()),
        status: *status,
        facts_ref: Some(facts_ref(act.action_id)),
        facts: value(facts).ok(),
    }
}

fn text<T: serde::Serialize>(it: &T) -> Result<String, Failure> {
    serde_json::to_string(it).context("it is not JSON").map_err(Failure::Poison)
}

fn value<T: serde::Serialize>(it: &T) -> Result<Value, Failure> {
    serde_json::to_value(it).context("it is not JSON").map_err(Failure::Poison)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gates::{GateCode, Read, SubjectKind};

    #[test]
    fn what_waited_too_long_is_decided_about_without_facts() {
        let asked = gates::Asked {
            action: "send".into(),
            subject: Subject { kind: SubjectKind::Human, id: "u_7".into() },
            surface: None,
            provider: None,
            cost: None,
            is_autonomous: false,
            is_draft: false,
        };
        let facts = Facts { switches: Read::Known(Vec::new()), ..Facts::unread(asked, DateTime::UNIX_EPOCH) };
        let check = |millis, expected: Option<GateCode>| {
            let now = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(millis);
            let decision = gates::decide(&in_time(facts.clone(), DateTime::UNIX_EPOCH, now));
            assert_eq!(decision.code, expected, "{millis}");
        };
        check(-1_000, Some(GateCode::BudgetUnknown));
        check(5_000, Some(GateCode::BudgetUnknown));
        check(5_001, Some(GateCode::KillSwitchUnknown));
    }
}
