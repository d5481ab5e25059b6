//! Carrying out what was allowed: actions whose turn has come are taken, attempted, and settled. Several processes may do so at
//! once: each attempt is one process's for as long as it may take.

use crate::actions::attempt::{self, Ending};
use crate::actions::retry::Patience;
use crate::actions::settle;
use crate::runtime::Runtime;
use crate::runtime::worker::Failure;
use crate::store::actions::work::{self, Due, Leased};
use crate::store::transaction::on_pool;
use futures_util::FutureExt;
use node::health::one_line;
use node::postgres::{Pool, Scope};
use node::webhooks::WebhookConfig;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use subjects::ids::TenantId;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How many actions a process carries out at once.
const AT_ONCE: usize = 32;
/// How many of them may be one tenant's, so that a slow receiver keeps nobody else waiting.
const AT_ONCE_OF_TENANT: usize = 8;
/// How often it is looked whose turn has come. Of what this process decides it knows at once.
const EVERY: Duration = Duration::from_millis(250);

/// Tells the process that carries out that there is something to do.
pub(crate) type Wake = Arc<Notify>;

/// What actions are carried out with. Clones share it.
#[derive(Clone)]
pub(crate) struct Carrier {
    pub(super) pool: Pool,
    pub(super) runtime: Runtime,
    pub(super) http: reqwest::Client,
    pub(super) webhooks: WebhookConfig,
    pub(super) patience: Patience,
    /// How long an attempt may take, and as long again its settlement.
    pub(super) within: Duration,
}

impl Carrier {
    /// Over this database; an attempt may take so long.
    pub(crate) fn new(
        (pool, runtime): (Pool, Runtime),
        webhooks: WebhookConfig,
        patience: Patience,
        within: Duration,
    ) -> anyhow::Result<Self> {
        let http = attempt::client(webhooks.reach(), within)?;
        Ok(Self { pool, runtime, http, webhooks, patience, within })
    }

    /// Longer than an attempt and its settlement take.
    fn lease(&self) -> Duration {
        2 * self.within + Duration::from_secs(1)
    }
}

/// Carries out whatever is due until stop is asked; then what is at hand is finished.
pub(crate) async fn carry(carrier: Carrier, wake: Wake) {
    let mut hands = Hands::default();
    let stop = carrier.runtime.stop.clone();
    while !stop.is_asked() {
        let has_more = match hands.take_up(&carrier).await {
            Ok(taken) => taken > 0,
            Err(failure) => {
                tracing::warn!(cause = one_line(&failure), "nobody knows which actions are due");
                false
            }
        };
        let pause = if has_more && hands.free() > 0 { Duration::ZERO } else { EVERY };
        tokio::select! {
            () = stop.asked() => {}
            () = wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
            () = hands.one_is_done() => {}
        }
    }
    while !hands.attempts.is_empty() {
        hands.one_is_done().await;
    }
}

/// The attempts at hand.
#[derive(Default)]
struct Hands {
    attempts: JoinSet<TenantId>,
    of_tenants: HashMap<TenantId, usize>,
}

impl Hands {
    fn free(&self) -> usize {
        AT_ONCE.saturating_sub(self.attempts.len())
    }

    /// Takes up what is due, as far as there are hands. Says how many it took.
    async fn take_up(&mut self, carrier: &Carrier) -> Result<usize, Failure> {
        if self.free() == 0 {
            return Ok(0);
        }
        let busy = self.of_tenants.iter().filter(|(_, count)| **count >= AT_ONCE_OF_TENANT);
        let busy: Vec<_> = busy.map(|(tenant_id, _)| tenant_id.as_str()).collect();
        // Whose turn has come concerns no single tenant; all that follows does.
        let client = on_pool(&carrier.pool, Scope::All).await?;
        let due = work::due(&client, &busy, self.free()).await?;
        drop(client);
        let mut taken = 0;
        for due in due {
            if self.of_tenants.get(&due.tenant_id).is_some_and(|count| *count >= AT_ONCE_OF_TENANT) {
                continue;
            }
            if let Some(leased) = lease(carrier, &due).await? {
                self.begin(carrier, leased);
                taken += 1;
            }
        }
        Ok(taken)
    }

    fn begin(&mut self, carrier: &Carrier, leased: Leased) {
        let tenant_id = leased.due.tenant_id.clone();
        *self.of_tenants.entry(tenant_id.clone()).or_default() += 1;
        let carrier = carrier.clone();
        self.attempts.spawn(async move {
            if AssertUnwindSafe(run(&carrier, &leased)).catch_unwind().await.is_err() {
                tracing::error!(action_id = %leased.due.action_id, "carrying out an action panicked");
            }
            tenant_id
        });
    }

    /// Returns when an attempt has ended; never while there is none.
    async fn one_is_done(&mut self) {
        match self.attempts.join_next().await {
            Some(Ok(tenant_id)) => {
                if let Some(count) = self.of_tenants.get_mut(&tenant_id) {
                    *count -= 1;
                }
                self.of_tenants.retain(|_, count| *count > 0);
            }
            // They catch their panics, and nobody aborts them.
            Some(Err(_)) => {}
            None => std::future::pending().await,
        }
    }
}

async fn lease(carrier: &Carrier, due: &Due) -> Result<Option<Leased>, Failure> {
    let client = on_pool(&carrier.pool, &due.tenant_id).await?;
    work::lease(&client, due, carrier.lease()).await
}

async fn run(carrier: &Carrier, leased: &Leased) {
    let attempt = tokio::time::timeout(carrier.within, attempt::attempt(carrier, leased)).await;
    let ending = attempt.unwrap_or_else(|_| Ending::Later("it took too long".into(), None));
    let label = match &ending {
        Ending::Done => "done",
        Ending::Failed(_) => "failed",
        Ending::Stopped => "stopped",
        Ending::Later(..) => "later",
        Ending::NotOurs => "not_ours",
    };
    metrics::counter!("northstar_action_attempts_total", "ending" => label).increment(1);
    settle::settle(carrier, leased, ending).await;
}
