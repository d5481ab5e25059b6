//! How an action ends, or when its turn comes again: with what it reserved, its DatasetEvent, and what readers are told.

use crate::actions::attempt::Ending;
use crate::actions::carry::Carrier;
use crate::actions::told;
use crate::actions::within::{Within, log_of};
use crate::cause::{Cause, Deed};
use crate::runtime::worker::{Failure, Logged};
use crate::store::actions::work::{self, Leased};
use crate::store::actions::{self, Spending};
use crate::store::dataset_events::{self, DONE};
use crate::store::transaction::on_pool;
use crate::store::{Client, Place};
use anyhow::anyhow;
use chrono::Utc;
use node::health::one_line;
use serde_json::json;
use std::time::Duration;
use subjects::action::{ActionStatus, SafetyDecision, facts_ref};
use subjects::code::Code;
use subjects::trace::TraceParent;
use uuid::Uuid;

const PAUSE_MS: u64 = 200;
const WHY_CHARS_MAX: usize = 500;

/// What is to be put down.
enum Fate {
    Ended(ActionStatus, Option<String>),
    Again(Duration, String),
}

/// Puts down how the attempt ended, for as long as the action is ours: what is not put down is attempted again.
pub(super) async fn settle(carrier: &Carrier, leased: &Leased, ending: Ending) {
    let Some(fate) = fate(carrier, leased, ending) else { return };
    let settled = tokio::time::timeout(carrier.within, async {
        while let Err(failure) = put_down(carrier, leased, &fate).await {
            tracing::warn!(action_id = %leased.due.action_id, cause = one_line(&failure), "not settled yet");
            tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
        }
    });
    if settled.await.is_err() {
        tracing::error!(action_id = %leased.due.action_id, "not settled in time: it comes again");
    }
}

fn fate(carrier: &Carrier, leased: &Leased, ending: Ending) -> Option<Fate> {
    match ending {
        Ending::NotOurs => None,
        Ending::Done => Some(Fate::Ended(ActionStatus::Done, None)),
        Ending::Stopped => Some(Fate::Ended(ActionStatus::Stopped, Some("a kill switch stops it".into()))),
        Ending::Failed(why) => Some(Fate::Ended(ActionStatus::Failed, Some(cut(&why)))),
        Ending::Later(why, asked) => {
            let why = cut(&why);
            Some(match carrier.patience.pause(leased.attempt, asked, rand::random::<f64>()) {
                Some(pause) => Fate::Again(pause, why),
                None => Fate::Ended(ActionStatus::Failed, Some(why)),
            })
        }
    }
}

fn cut(why: &str) -> String {
    why.chars().filter(|c| *c != '\0').take(WHY_CHARS_MAX).collect()
}

async fn put_down(carrier: &Carrier, leased: &Leased, fate: &Fate) -> Result<(), Failure> {
    match fate {
        Fate::Again(pause, why) => {
            let client = on_pool(&carrier.pool, &leased.due.tenant_id).await?;
            work::put_off(&client, leased, *pause, why).await
        }
        Fate::Ended(status, why) => end(carrier, leased, *status, why.as_deref()).await,
    }
}

/// The end, with all that goes with it, in one transaction. Put down by somebody else, it changes nothing.
async fn end(carrier: &Carrier, leased: &Leased, status: ActionStatus, why: Option<&str>) -> Result<(), Failure> {
    let (due, trace) = (&leased.due, node::telemetry::current());
    let place = due.place();
    let key = log_of(place, &leased.routing);
    let within = Within::open(&carrier.pool, place, key.as_ref(), &trace).await?;
    let within = within.ok_or_else(|| Failure::Transient(anyhow!("the log of an action is gone")))?;
    if !work::end(within.client(), due, status, why).await? {
        return within.abandon().await;
    }
    settle_budget(within.client(), place, leased, status).await?;
    let cause = Cause {
        command_id: due.action_id,
        actor: &leased.actor,
        routing: &leased.routing,
        request_id: &leased.request_id,
        correlation_id: leased.correlation_id,
        trace: &trace,
    };
    audit(within.client(), leased, (status, why), cause).await?;
    let told = within.next().map(|at| told::event(cause, at, Utc::now(), said(leased, status)));
    let events = within.commit(told).await?;
    tell(carrier, &events, &trace).await;
    Ok(())
}

/// What was reserved is spent, or free again.
async fn settle_budget(
    client: &Client,
    place: Place<'_>,
    leased: &Leased,
    status: ActionStatus,
) -> Result<(), Failure> {
    let Some(cost) = &leased.cost else { return Ok(()) };
    actions::release(client, place, leased.due.action_id).await?;
    if status != ActionStatus::Done {
        return Ok(());
    }
    let spending = Spending {
        action_id: leased.due.action_id,
        cost,
        surface: leased.asked.surface.as_deref(),
        provider: leased.asked.provider.as_deref(),
        actor_id: leased.actor.actor_id.as_str(),
    };
    actions::spend(client, place, spending).await
}

async fn audit(
    client: &Client,
    leased: &Leased,
    (status, why): (ActionStatus, Option<&str>),
    cause: Cause<'_>,
) -> Result<(), Failure> {
    let outcome = match status {
        ActionStatus::Done => DONE,
        ActionStatus::Stopped => Code::KillSwitch.as_str(),
        ActionStatus::Failed | ActionStatus::Refused | ActionStatus::Pending => status.as_str(),
    };
    let deed = Deed {
        action: "action.settle",
        resource: &format!("action.{}", leased.due.action_id),
        outcome,
        details: &json!({ "status": status, "attempts": leased.attempt, "why": why }),
    };
    dataset_events::record(client, leased.due.place(), cause.audited(Uuid::now_v7(), deed)).await
}

fn said(leased: &Leased, status: ActionStatus) -> SafetyDecision {
    let action_id = leased.due.action_id;
    SafetyDecision {
        action_id: Some(action_id),
        action: leased.asked.action.clone(),
        subject_type: leased.asked.subject.kind.to_string(),
        subject_id: leased.asked.subject.id.clone(),
        // It was allowed when it was decided about.
        allowed: true,
        gate: None,
        code: None,
        status,
        facts_ref: Some(facts_ref(action_id)),
        facts: None,
    }
}

/// What is not told readers find in the log.
async fn tell(carrier: &Carrier, events: &[Logged], trace: &TraceParent) {
    if let Err(unsent) = carrier.runtime.tell(events, Vec::new(), trace).await {
        tracing::warn!(cause = one_line(&unsent), "readers were not told how an action ended");
    }
}
