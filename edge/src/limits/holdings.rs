//! How much a tenant may hold at once, over all edges.

use crate::error::ApiError;
use crate::limits::refusal::{Limit, Window, refused};
use crate::queries::leases;
use futures_util::StreamExt;
use node::postgres::Pool;
use node::stop::Stop;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subjects::ids::TenantId;
use tokio::sync::Notify;

/// What is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Streams and sockets.
    Connections,
    /// Subscriptions on sockets.
    Subscriptions,
}

impl What {
    /// Its name, in the database and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            What::Connections => "connections",
            What::Subscriptions => "subscriptions",
        }
    }
}

/// Counts what each tenant holds here, and knows about how much it holds elsewhere: this edge says how much that is
/// here once a second, and learns the others'. Between two such exchanges a tenant may overshoot.
#[derive(Debug)]
pub struct Holdings {
    what: What,
    limit: u32,
    tenants: Mutex<HashMap<TenantId, Held>>,
    is_new: Notify,
}

#[derive(Debug, Default, Clone, Copy)]
struct Held {
    here: u32,
    elsewhere: u32,
}

/// One of what a tenant may hold. Dropped, it is free for another.
#[derive(Debug)]
pub struct Permit {
    holdings: Arc<Holdings>,
    tenant_id: TenantId,
}

const TELL_MS: u64 = 1_000;
/// Between two exchanges, however many new tenants come.
const TELL_MS_MIN: u64 = 100;
const TELLING_MAX: usize = 8;
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Holdings {
    /// Nothing is held yet. Tells and learns until asked to stop.
    pub fn start(pool: &Pool, edge_id: &str, (what, limit): (What, u32), stop: &Stop) -> Arc<Self> {
        let holdings = Arc::new(Self::none(what, limit));
        stop.spawn(tell(holdings.clone(), pool.clone(), edge_id.to_owned(), stop.clone()));
        holdings
    }

    fn none(what: What, limit: u32) -> Self {
        Self { what, limit, tenants: Mutex::default(), is_new: Notify::new() }
    }

    /// One more for the tenant.
    pub fn admit(self: &Arc<Self>, tenant_id: &TenantId) -> Result<Permit, ApiError> {
        let mut tenants = self.tenants();
        let held = tenants.entry(tenant_id.clone()).or_insert_with(|| {
            self.is_new.notify_one();
            Held::default()
        });
        if held.here.saturating_add(held.elsewhere) >= self.limit {
            let limit = Limit { name: self.what.as_str(), quota: self.limit, window: Window::AtOnce };
            return Err(refused(limit, RETRY_AFTER));
        }
        held.here += 1;
        Ok(Permit { holdings: self.clone(), tenant_id: tenant_id.clone() })
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantId, Held>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this edge holds, to be told.
    fn held(&self) -> Vec<(TenantId, u32)> {
        self.tenants().iter().map(|(tenant_id, held)| (tenant_id.clone(), held.here)).collect()
    }

    /// The others hold this many. A tenant that had none here when we said so, and has none now, is forgotten.
    fn told(&self, tenant_id: TenantId, said: u32, elsewhere: u32) {
        let mut tenants = self.tenants();
        if let Some(held) = tenants.get_mut(&tenant_id) {
            held.elsewhere = elsewhere;
            if said == 0 && held.here == 0 {
                tenants.remove(&tenant_id);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(held) = self.holdings.tenants().get_mut(&self.tenant_id) {
            held.here = held.here.saturating_sub(1);
        }
    }
}

async fn tell(holdings: Arc<Holdings>, pool: Pool, edge_id: String, stop: Stop) {
    while !stop.is_asked() {
        futures_util::stream::iter(holdings.held())
            .for_each_concurrent(TELLING_MAX, |(tenant_id, here)| {
                let (holdings, pool, edge_id) = (&holdings, &pool, &edge_id);
                async move {
                    match leases::held(pool, &tenant_id, holdings.what.as_str(), edge_id, here).await {
                        Ok(elsewhere) => holdings.told(tenant_id, here, elsewhere),
                        Err(error) => tracing::debug!(%error, "what is held cannot be counted across edges"),
                    }
                }
            })
            .await;
        tokio::time::sleep(Duration::from_millis(TELL_MS_MIN)).await;
        tokio::select! {
            () = stop.asked() => {}
            () = holdings.is_new.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(TELL_MS - TELL_MS_MIN)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use subjects::code::Code;

    #[test]
    fn a_tenant_holds_no_more_than_its_limit() {
        let holdings = Arc::new(Holdings::none(What::Connections, 3));
        let [acme, other]: [TenantId; 2] = ["t_acme", "t_other"].map(|id| id.parse().unwrap());
        let first = holdings.admit(&acme).unwrap();
        let _second = holdings.admit(&acme).unwrap();
        holdings.told(acme.clone(), 2, 1);
        assert_eq!(holdings.admit(&acme).unwrap_err().code(), Code::RateLimited);
        assert!(holdings.admit(&other).is_ok());
        drop(first);
        assert!(holdings.admit(&acme).is_ok());
        holdings.told(other.clone(), 0, 0);
        assert_eq!(holdings.held().len(), 1, "who holds none is forgotten once the others know");
    }
}
