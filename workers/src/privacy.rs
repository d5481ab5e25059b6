//! The role `privacy`: who lets others learn from what they do, and what is erased.

use crate::cause::{Cause, Deed};
use crate::runtime::worker::{Delivery, Done, Failure, Worker};
use crate::store::Client;
use crate::store::dataset_events;
use crate::store::privacy::{self, Says};
use crate::store::transaction::{Transaction, on_pool};
use node::postgres::Pool;
use serde_json::{Value, json};
use std::time::Duration;
use subjects::answer::Answer;
use subjects::ids::ActorId;
use subjects::member_command::MemberCommand;
use subjects::privacy::{PrivacyAsk, PrivacyGrant};
use subjects::streams::{ConsumerSpec, privacy_consumers};
use tokio::time::Instant;

/// Keeps what people decide about what is known of them.
pub(crate) struct Privacy {
    pool: Pool,
}

/// How many events are erased in one transaction.
const BATCH: u32 = 500;
/// How long events are waited for that have no place in the log yet.
const WAIT_MS: u64 = 3_000;
const LOOK_EVERY_MS: u64 = 100;

type Command = MemberCommand<PrivacyAsk>;

impl Privacy {
    /// Over this database.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    async fn set(&self, command: &Command, says: Says<'_>, train_ok: Option<bool>) -> Result<PrivacyGrant, Failure> {
        let transaction = Transaction::begin(&self.pool, &command.tenant_id).await?;
        // What was said since must not be undone by an earlier word that comes again.
        if !dataset_events::is_recorded(&transaction, command.into(), command.command_id).await? {
            privacy::set_train(&transaction, &command.tenant_id, says, train_ok, &command.actor.actor_id).await?;
            record(&transaction, command, &json!({ "train_ok": train_ok })).await?;
        }
        transaction.commit().await?;
        Ok(PrivacyGrant::Set)
    }

    /// Batch by batch, until nothing is left or what is left has to wait. Asked again once it is done, it says the same.
    async fn erase(&self, command: &Command, who: &ActorId) -> Result<PrivacyGrant, Failure> {
        let client = on_pool(&self.pool, &command.tenant_id).await?;
        let before = dataset_events::details(&client, command.into(), command.command_id).await?;
        drop(client);
        if let Some(said) = before {
            return Ok(as_said(said.as_ref()));
        }
        let deadline = Instant::now() + Duration::from_millis(WAIT_MS);
        let mut erased = 0;
        let waiting = loop {
            let transaction = Transaction::begin(&self.pool, &command.tenant_id).await?;
            let round = privacy::erase(&transaction, &command.tenant_id, who, BATCH).await?;
            transaction.commit().await?;
            erased += round.erased;
            match round.erased {
                _ if round.waiting == 0 => break 0,
                0 if Instant::now() > deadline => break round.waiting,
                0 => tokio::time::sleep(Duration::from_millis(LOOK_EVERY_MS)).await,
                _ => {}
            }
        };
        let transaction = Transaction::begin(&self.pool, &command.tenant_id).await?;
        record(&transaction, command, &json!({ "user_id": who, "erased": erased, "waiting": waiting })).await?;
        transaction.commit().await?;
        Ok(PrivacyGrant::Erased { erased, waiting })
    }
}

/// What came of an earlier delivery. What was erased since is forgotten.
fn as_said(said: Option<&Value>) -> PrivacyGrant {
    let count = |name| said.and_then(|said| said[name].as_u64()).unwrap_or_default();
    PrivacyGrant::Erased { erased: count("erased"), waiting: count("waiting") }
}

async fn record(client: &Client, command: &Command, details: &Value) -> Result<(), Failure> {
    let resource = match &command.ask {
        PrivacyAsk::SetTenantTrain { .. } => "train_prefs.tenant".to_owned(),
        PrivacyAsk::SetUserTrain { .. } => format!("train_prefs.{}", command.actor.actor_id),
        PrivacyAsk::Erase { user_id } => format!("user.{user_id}"),
    };
    let deed = Deed {
        action: &format!("privacy.{}", command.ask.kind()),
        resource: &resource,
        outcome: dataset_events::DONE,
        details,
    };
    let event = Cause::of(command, &command.trace).audited(command.command_id, deed);
    dataset_events::record(client, command.into(), event).await
}

impl Worker for Privacy {
    const ROLE: &'static str = "privacy";
    const ATTEMPTS_MAX: u64 = 10;
    type Command = Command;
    type Granted = PrivacyGrant;

    fn consumers() -> Vec<ConsumerSpec> {
        privacy_consumers()
    }

    async fn handle(&self, delivery: Delivery<'_, Command>) -> Result<Done<PrivacyGrant>, Failure> {
        let mut answers = Vec::with_capacity(delivery.commands.len());
        for command in delivery.commands {
            let granted = match &command.ask {
                PrivacyAsk::SetTenantTrain { train_ok } => self.set(command, Says::Tenant, *train_ok).await?,
                PrivacyAsk::SetUserTrain { train_ok } => {
                    self.set(command, Says::Actor(&command.actor.actor_id), *train_ok).await?
                }
                PrivacyAsk::Erase { user_id } => self.erase(command, user_id).await?,
            };
            answers.push(Answer { outcome: Ok(granted), replayed: false });
        }
        Ok(Done::answers(answers))
    }
}
