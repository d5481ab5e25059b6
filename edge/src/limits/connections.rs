//! How many streams a tenant may hold open, over all edges.

use crate::error::ApiError;
use crate::queries::leases;
use futures_util::StreamExt;
use node::postgres::Pool;
use node::stop::Stop;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subjects::code::Code;
use subjects::ids::TenantId;
use tokio::sync::Notify;

/// Counts each tenant's streams here, and knows about how many there are elsewhere: this edge says how many it holds
/// once a second, and learns the others'. Between two such exchanges a tenant may overshoot.
#[derive(Debug)]
pub struct Connections {
    limit: u32,
    tenants: Mutex<HashMap<TenantId, Held>>,
    is_new: Notify,
}

#[derive(Debug, Default, Clone, Copy)]
struct Held {
    here: u32,
    elsewhere: u32,
}

/// The place of one stream. Dropped, the place is free.
#[derive(Debug)]
pub struct ConnectionPermit {
    connections: Arc<Connections>,
    tenant_id: TenantId,
}

const TELL_MS: u64 = 1_000;
/// Between two exchanges, however many new tenants come.
const TELL_MS_MIN: u64 = 100;
/// What an edge said is forgotten unless it says so again.
const TTL_SECS: i32 = 10;
const TELLING_MAX: usize = 8;
const RETRY_AFTER_SECS: u64 = 5;

impl Connections {
    /// No streams yet. Tells and learns until asked to stop.
    pub fn start(pool: Pool, edge_id: &str, limit: u32, stop: &Stop) -> Arc<Self> {
        let connections = Arc::new(Self { limit, tenants: Mutex::default(), is_new: Notify::new() });
        stop.spawn(tell(connections.clone(), pool, edge_id.to_owned(), stop.clone()));
        connections
    }

    /// A place for one more stream of the tenant.
    pub fn admit(self: &Arc<Self>, tenant_id: &TenantId) -> Result<ConnectionPermit, ApiError> {
        let mut tenants = self.tenants();
        let held = tenants.entry(tenant_id.clone()).or_insert_with(|| {
            self.is_new.notify_one();
            Held::default()
        });
        if held.here.saturating_add(held.elsewhere) >= self.limit {
            metrics::counter!("northstar_limited_total", "limit" => "connections").increment(1);
            let detail = format!("A tenant may hold {} streams.", self.limit);
            return Err(ApiError::new(Code::TooManyConnections, detail).retry_after(RETRY_AFTER_SECS));
        }
        held.here += 1;
        Ok(ConnectionPermit { connections: self.clone(), tenant_id: tenant_id.clone() })
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

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        if let Some(held) = self.connections.tenants().get_mut(&self.tenant_id) {
            held.here = held.here.saturating_sub(1);
        }
    }
}

async fn tell(connections: Arc<Connections>, pool: Pool, edge_id: String, stop: Stop) {
    while !stop.is_asked() {
        futures_util::stream::iter(connections.held())
            .for_each_concurrent(TELLING_MAX, |(tenant_id, here)| {
                let (connections, pool, edge_id) = (&connections, &pool, &edge_id);
                async move {
                    match leases::connections(pool, &tenant_id, edge_id, here, TTL_SECS).await {
                        Ok(elsewhere) => connections.told(tenant_id, here, elsewhere),
                        Err(error) => tracing::debug!(%error, "streams cannot be counted across edges"),
                    }
                }
            })
            .await;
        tokio::time::sleep(Duration::from_millis(TELL_MS_MIN)).await;
        tokio::select! {
            () = stop.asked() => {}
            () = connections.is_new.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(TELL_MS - TELL_MS_MIN)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_holds_no_more_than_its_limit() {
        let connections = Arc::new(Connections { limit: 3, tenants: Mutex::default(), is_new: Notify::new() });
        let [acme, other]: [TenantId; 2] = ["t_acme", "t_other"].map(|id| id.parse().unwrap());
        let first = connections.admit(&acme).unwrap();
        let _second = connections.admit(&acme).unwrap();
        connections.told(acme.clone(), 2, 1);
        assert_eq!(connections.admit(&acme).unwrap_err().code(), Code::TooManyConnections);
        assert!(connections.admit(&other).is_ok());
        drop(first);
        assert!(connections.admit(&acme).is_ok());
        connections.told(other.clone(), 0, 0);
        assert_eq!(connections.held().len(), 1, "who holds none is forgotten once the others know");
    }
}
