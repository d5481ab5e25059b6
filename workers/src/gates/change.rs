//! A change: locked, made once, recorded and answered in one transaction.

use crate::cause::{Cause, Deed};
use crate::gates::{
    Asking, Gates, Outcome, Said, budget, dangerous, deed, kpi, licences, overrides, strategy, switches, temperature,
    three_wise,
};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::dataset_events::{self, DONE};
use crate::store::gates::answers;
use crate::store::transaction::Transaction;
use serde_json::json;
use subjects::answer::Rejection;
use subjects::code::Code;
use subjects::gates::{Change, GatesGrant};
use uuid::Uuid;

impl Gates {
    /// Makes the change, or says why not. One that comes again changes nothing and is answered the same.
    pub(super) async fn change(&self, asking: Asking<'_>, change: &Change) -> Result<Said, Failure> {
        let (place, command_id) = (asking.place(), asking.command.command_id);
        let transaction = Transaction::begin(&self.pool, place.tenant_id).await?;
        if !answers::lock(&transaction, place).await? {
            transaction.rollback().await?;
            return Ok(Err(Rejection::refused(Code::NotFound, "There is no such tenant.")));
        }
        if let Some(said) = answers::find(&transaction, place, command_id).await? {
            transaction.rollback().await?;
            return Ok(said);
        }
        let outcome = make(&transaction, asking, change).await?;
        record(&transaction, asking, change, &outcome).await?;
        let said = said(outcome);
        answers::keep(&transaction, place, command_id, &said).await?;
        transaction.commit().await?;
        Ok(said)
    }
}

async fn make(client: &Client, asking: Asking<'_>, change: &Change) -> Result<Outcome, Failure> {
    match change {
        Change::SetSwitch { target, thrown: true, reason } => switches::throw(client, asking, target, reason).await,
        Change::SetSwitch { target, thrown: false, reason } => switches::release(client, asking, target, reason).await,
        Change::RaiseLevel { action, level } => dangerous::raise(client, asking, action, *level).await,
        Change::IssueLicence(licence) => licences::issue(client, asking, licence).await,
        Change::RevokeLicence { licence_id } => licences::revoke(client, asking, licence_id).await,
        Change::DraftLock(lock) => strategy::draft(client, asking, lock).await,
        Change::DecideLock { lock_id, decision, reason } => {
            strategy::decide(client, asking, lock_id, (*decision, reason.as_ref())).await
        }
        Change::AskQuestion(question) => three_wise::ask(client, asking, question).await,
        Change::GiveOpinion { question_id, opinion, reason } => {
            three_wise::hear(client, asking, question_id, (*opinion, reason)).await
        }
        Change::SetLimit(limit) => budget::set_limit(client, asking, limit).await,
        Change::DropLimit { limit_id } => budget::drop_limit(client, asking, limit_id).await,
        Change::RecordUsage(usage) => budget::record(client, asking, usage).await,
        Change::DefineKpi(kpi) => kpi::define(client, asking, kpi).await,
        Change::SetCorridor(corridor) => kpi::set_corridor(client, asking, corridor).await,
        Change::DropCorridor { surface, kpi } => kpi::drop_corridor(client, asking, surface, kpi).await,
        Change::Measure(measurement) => kpi::measure(client, asking, measurement).await,
        Change::SetTerms { what, values } => temperature::set(client, asking, *what, values).await,
        Change::Override(new) => overrides::make(client, asking, new).await,
        Change::RevokeOverride { override_id } => overrides::revoke(client, asking, override_id).await,
    }
}

fn said(outcome: Outcome) -> Said {
    match outcome {
        Outcome::Changed | Outcome::AsItWas => Ok(GatesGrant::Done),
        Outcome::Refused(rejection) => Err(rejection),
    }
}

/// What was changed or refused is put down for good. Where nothing became another, nothing happened.
async fn record(client: &Client, asking: Asking<'_>, change: &Change, outcome: &Outcome) -> Result<(), Failure> {
    let outcome = match outcome {
        Outcome::Changed => DONE,
        Outcome::Refused(rejection) => rejection.code().as_str(),
        Outcome::AsItWas => return Ok(()),
    };
    let deed =
        Deed { action: deed::action(change), resource: &deed::resource(change), outcome, details: &json!(change) };
    let event = Cause::of(asking.command, &asking.trace).audited(Uuid::now_v7(), deed);
    dataset_events::record(client, asking.place(), event).await
}
