//! The gates before what a worker writes at somebody's wish: registrations in storage, and whatever else reaches outside.

use crate::actions::told;
use crate::cause::{Asking, Deed};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::actions::facts;
use crate::store::append::NewEvent;
use crate::store::dataset_events::{self, DONE};
use anyhow::Context;
use chrono::Utc;
use gates::{Asked, Decision, Facts, Subject, SubjectKind};
use serde_json::json;
use subjects::action::refusal::refusal;
use subjects::action::{ActionStatus, SafetyDecision};
use subjects::answer::Rejection;
use subjects::code::Code;
use subjects::routing::StreamKey;

/// What is to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gated<'a> {
    /// The action, e.g. `storage:register`.
    pub(crate) action: &'a str,
    /// Where it is written to.
    pub(crate) provider: &'a str,
    /// What DatasetEvents call it, e.g. `asset.{asset_id}`.
    pub(crate) resource: &'a str,
}

/// What the gates say.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Why it may not be.
    pub(crate) refusal: Option<Rejection>,
    told: Option<SafetyDecision>,
}

impl Admission {
    /// The event that tells readers of it, to be appended at this place; none where they were told before.
    pub(crate) fn event<A>(&self, asking: &Asking<'_, A>, at: (&StreamKey, u64)) -> Option<NewEvent> {
        let told = self.told.clone()?;
        Some(told::event(asking.cause(), at, Utc::now(), told))
    }
}

/// Asks the gates, within the transaction that would write: facts in one snapshot, the decision, and its DatasetEvent, once
/// for each command. Where the gates refuse, the caller writes nothing else, commits all the same, and answers with the refusal.
pub(crate) async fn admit<A>(client: &Client, asking: &Asking<'_, A>, gated: Gated<'_>) -> Result<Admission, Failure> {
    let place = asking.place();
    let facts = facts::read(client, place, asked(asking, gated)).await?;
    let decision = gates::decide(&facts);
    let refusal = refusal(&decision);
    // One decision for each command: its name is the command's.
    let event_id = asking.command.command_id;
    if dataset_events::is_recorded(client, place, event_id).await? {
        return Ok(Admission { refusal, told: None });
    }
    let details = json!({ "action": gated.action, "decision": decision, "facts": facts });
    let deed = Deed {
        action: "gates.decide",
        resource: gated.resource,
        outcome: refusal.as_ref().map_or(DONE, |refusal| refusal.code().as_str()),
        details: &details,
    };
    dataset_events::record(client, place, asking.cause().audited(event_id, deed)).await?;
    Ok(Admission { refusal, told: Some(said(&facts, &decision)?) })
}

/// Whoever asks acts.
fn asked<A>(asking: &Asking<'_, A>, gated: Gated<'_>) -> Asked {
    let actor = &asking.command.actor;
    let kind = SubjectKind::from(actor.actor_type);
    Asked {
        action: gated.action.to_owned(),
        subject: Subject { kind, id: actor.actor_id.to_string() },
        surface: asking.command.routing.surface_id.as_ref().map(ToString::to_string),
        provider: Some(gated.provider.to_owned()),
        cost: None,
        is_autonomous: kind == SubjectKind::Agent,
        is_draft: false,
    }
}

fn said(facts: &Facts, decision: &Decision) -> Result<SafetyDecision, Failure> {
    let Asked { action, subject, .. } = &facts.asked;
    let json = serde_json::to_value(facts).context("facts are JSON").map_err(Failure::Poison)?;
    Ok(SafetyDecision {
        action_id: None,
        action: action.clone(),
        subject_type: subject.kind.to_string(),
        subject_id: subject.id.clone(),
        allowed: decision.allowed,
        gate: decision.gate.map(|gate| gate.to_string()),
        code: decision.code.map(|code| Code::from(code).to_string()),
        status: if decision.allowed { ActionStatus::Done } else { ActionStatus::Refused },
        facts_ref: None,
        facts: Some(json),
    })
}
