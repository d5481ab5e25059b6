//! One class of what a tenant may do per second, over all edges.

use crate::error::ApiError;
use crate::limits::Class;
use crate::limits::allowance::{Allowance, Take};
use crate::limits::config::Quota;
use crate::limits::refusal::{Limit, Window, refused};
use crate::queries::leases::{self, RateAsk};
use governor::{DefaultKeyedRateLimiter, RateLimiter};
use moka::future::Cache;
use node::postgres::Pool;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subjects::ids::TenantId;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Grants from blocks of tokens leased ahead, so that the usual request waits for nothing. While the database does not
/// answer, this edge's share of the limit holds.
#[derive(Debug)]
pub(super) struct Rate {
    pool: Pool,
    class: Class,
    ask: RateAsk,
    tenants: Cache<TenantId, Arc<Block>>,
    share: DefaultKeyedRateLimiter<TenantId>,
}

#[derive(Debug, Default)]
struct Block {
    allowance: Mutex<Allowance>,
    changed: Notify,
}

const TENANTS_MAX: u64 = 100_000;
const TENANT_IDLE_SECS: u64 = 300;
/// A block is what a tenant has in this part of a second.
const BLOCKS_PER_SECOND: u32 = 10;
const ANSWER_MS_MAX: u64 = 50;
const LEASE_SECS_MAX: u64 = 2;
/// More tenants than this in the edge's own share, and those at rest are forgotten.
const SHARES_MAX: usize = 10_000;

impl Rate {
    pub(super) fn new(pool: Pool, class: Class, quota: Quota, edges: u32) -> Self {
        let Quota { per_second, burst } = quota;
        let share = |whole: u32| NonZeroU32::new(whole / edges).unwrap_or(NonZeroU32::MIN);
        let idle = Duration::from_secs(TENANT_IDLE_SECS);
        Self {
            pool,
            class,
            ask: RateAsk { wanted: (per_second / BLOCKS_PER_SECOND).clamp(1, burst), per_second, burst },
            tenants: Cache::builder().max_capacity(TENANTS_MAX).time_to_idle(idle).build(),
            share: RateLimiter::keyed(governor::Quota::per_second(share(per_second)).allow_burst(share(burst))),
        }
    }

    /// Takes one of the tenant's.
    pub(super) async fn take(&self, tenant_id: &TenantId) -> Result<(), ApiError> {
        let block = self.block(tenant_id).await;
        let deadline = Instant::now() + Duration::from_millis(ANSWER_MS_MAX);
        loop {
            // Listening begins before looking, so that nothing changes in between unheard.
            let mut changed = pin!(block.changed.notified());
            changed.as_mut().enable();
            let (take, asks) = block.allowance().take(Instant::now(), self.ask.wanted.div_ceil(2));
            if asks {
                self.lease(tenant_id.clone(), block.clone());
            }
            match take {
                Take::Granted => return Ok(()),
                Take::Refused { retry_after } => return Err(self.limited(retry_after)),
                Take::Unknown => return self.take_share(tenant_id),
                Take::Wait => {
                    if tokio::time::timeout_at(deadline, changed).await.is_err() {
                        block.allowance().late(Instant::now());
                        return self.take_share(tenant_id);
                    }
                }
            }
        }
    }

    /// Refuses a tenant that is known to be at its limit.
    pub(super) async fn check(&self, tenant_id: &TenantId) -> Result<(), ApiError> {
        let Some(block) = self.tenants.get(tenant_id).await else {
            return Ok(());
        };
        let none_for = block.allowance().none_for(Instant::now());
        none_for.map_or(Ok(()), |retry_after| Err(self.limited(retry_after)))
    }

    async fn block(&self, tenant_id: &TenantId) -> Arc<Block> {
        match self.tenants.get(tenant_id).await {
            Some(block) => block,
            None => self.tenants.get_with(tenant_id.clone(), async { Arc::default() }).await,
        }
    }

    /// Asks for a block in the background.
    fn lease(&self, tenant_id: TenantId, block: Arc<Block>) {
        let (pool, class, ask) = (self.pool.clone(), self.class, self.ask);
        tokio::spawn(async move {
            let limit = Duration::from_secs(LEASE_SECS_MAX);
            let lease = tokio::time::timeout(limit, leases::rate(&pool, &tenant_id, class.as_str(), ask)).await;
            match lease {
                Ok(Ok(lease)) => block.allowance().leased(lease, ask.rest(), Instant::now()),
                Ok(Err(error)) => {
                    tracing::warn!(error = node::health::one_line(&error), "no tokens could be leased");
                    block.allowance().unanswered(Instant::now());
                }
                Err(_) => block.allowance().unanswered(Instant::now()),
            }
            block.changed.notify_waiters();
        });
    }

    fn take_share(&self, tenant_id: &TenantId) -> Result<(), ApiError> {
        if self.share.len() > SHARES_MAX {
            self.share.retain_recent();
        }
        self.share.check_key(tenant_id).map_err(|_| self.limited(Duration::from_secs(1)))
    }

    fn limited(&self, retry_after: Duration) -> ApiError {
        let limit = Limit { name: self.class.as_str(), quota: self.ask.per_second, window: Window::Second };
        refused(limit, retry_after)
    }
}

impl Block {
    fn allowance(&self) -> MutexGuard<'_, Allowance> {
        self.allowance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
