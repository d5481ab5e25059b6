//! A change: locked, made once, recorded and answered in one transaction.

use crate::gates::{Asking, Gates, Outcome, Said, deed, switches};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::dataset_events::{self, DONE, DatasetEvent};
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
        _ => Ok(Outcome::refused(Code::Internal, "soon")),
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
    let event = DatasetEvent {
        event_id: Uuid::now_v7(),
        actor: &asking.command.actor,
        action: deed::action(change),
        resource: &deed::resource(change),
        outcome,
        request_id: &asking.command.request_id,
        trace: &asking.trace,
        details: &json!(change),
    };
    dataset_events::record(client, asking.place(), event).await
}
