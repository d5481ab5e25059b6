//! How many commands a tenant may send per second, over all edges.

use crate::config::LimitsConfig;
use crate::error::ApiError;
use crate::limits::allowance::{Allowance, Take};
use crate::queries::leases::{self, RateAsk};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{HeaderName, HeaderValue};
use moka::future::Cache;
use node::postgres::Pool;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subjects::code::Code;
use subjects::ids::TenantId;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Grants each tenant its commands per second, over all edges: from blocks of tokens leased ahead, so that the usual
/// request waits for nothing. While the database does not answer, this edge's share of the limit holds.
#[derive(Debug)]
pub struct Rates {
    pool: Pool,
    ask: RateAsk,
    tenants: Cache<TenantId, Arc<Block>>,
    share: DefaultKeyedRateLimiter<TenantId>,
}

#[derive(Debug, Default)]
struct Block {
    allowance: Mutex<Allowance>,
    changed: Notify,
}

const CLASS: &str = "commands";
const TENANTS_MAX: u64 = 100_000;
const TENANT_IDLE_SECS: u64 = 300;
/// A block is what a tenant has in this part of a second.
const BLOCKS_PER_SECOND: u32 = 10;
const ANSWER_MS_MAX: u64 = 50;
const LEASE_SECS_MAX: u64 = 2;
/// More tenants than this in the edge's own share, and those at rest are forgotten.
const SHARES_MAX: usize = 10_000;

impl Rates {
    /// The limit of the configuration.
    pub fn new(pool: Pool, config: &LimitsConfig) -> Self {
        let (per_second, burst) = (config.commands_per_second, config.commands_burst);
        let share = |whole: u32| NonZeroU32::new(whole / config.edges).unwrap_or(NonZeroU32::MIN);
        Self {
            pool,
            ask: RateAsk { wanted: (per_second / BLOCKS_PER_SECOND).clamp(1, burst), per_second, burst },
            tenants: Cache::builder()
                .max_capacity(TENANTS_MAX)
                .time_to_idle(Duration::from_secs(TENANT_IDLE_SECS))
                .build(),
            share: RateLimiter::keyed(Quota::per_second(share(per_second)).allow_burst(share(burst))),
        }
    }

    /// Takes one command of the tenant's.
    pub async fn take(&self, tenant_id: &TenantId) -> Result<(), ApiError> {
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
                        return self.take_share(tenant_id);
                    }
                }
            }
        }
    }

    async fn block(&self, tenant_id: &TenantId) -> Arc<Block> {
        match self.tenants.get(tenant_id).await {
            Some(block) => block,
            None => self.tenants.get_with(tenant_id.clone(), async { Arc::default() }).await,
        }
    }

    /// Asks for a block in the background.
    fn lease(&self, tenant_id: TenantId, block: Arc<Block>) {
        let (pool, ask) = (self.pool.clone(), self.ask);
        tokio::spawn(async move {
            let limit = Duration::from_secs(LEASE_SECS_MAX);
            let lease = tokio::time::timeout(limit, leases::rate(&pool, &tenant_id, CLASS, ask)).await;
            match lease {
                Ok(Ok(lease)) => block.allowance().leased(lease, Instant::now()),
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
        metrics::counter!("northstar_limited_total", "limit" => "commands").increment(1);
        let secs = retry_after.as_millis().div_ceil(1_000).max(1) as u64;
        let per_second = self.ask.per_second;
        let detail = format!("A tenant may send {per_second} commands per second. Nothing was accepted.");
        let policy = format!("\"{CLASS}\";q={per_second};w=1");
        let state = format!("\"{CLASS}\";r=0;t={secs}");
        let value = |text: String| HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
        ApiError::new(Code::RateLimited, detail)
            .with("limit", CLASS)
            .with("retry_after_ms", u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX))
            .retry_after(secs)
            .header(HeaderName::from_static("ratelimit-policy"), value(policy))
            .header(HeaderName::from_static("ratelimit"), value(state))
    }
}

impl Block {
    fn allowance(&self) -> MutexGuard<'_, Allowance> {
        self.allowance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
