//! How far logs are that somebody here reads as they grow: asked once for all who read the same.

use crate::queries::audit;
use node::health::one_line;
use node::postgres::Pool;
use node::stop::Stop;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use subjects::ids::{Env, TenantId};
use tokio::sync::watch;
use tokio::time::sleep;

/// How often the database is asked how far a log is.
const ASK_MS: u64 = 400;

/// Logs that are read as they grow.
#[derive(Debug)]
pub struct Tails {
    pool: Pool,
    stop: Stop,
    watched: Mutex<HashMap<(TenantId, Env), Weak<Sizes>>>,
}

/// How many records a log has, as it grows. Dropped by its last reader, it is asked no more.
pub(super) type Sizes = watch::Receiver<u64>;

impl Tails {
    /// None is read yet.
    pub fn new(pool: Pool, stop: Stop) -> Self {
        Self { pool, stop, watched: Mutex::default() }
    }

    /// How many records the log has from now on; `size` is how many it has at least.
    pub(super) fn watch(&self, tenant_id: &TenantId, env: Env, size: u64) -> Arc<Sizes> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant_id.clone(), env);
        if let Some(sizes) = watched.get(&key).and_then(Weak::upgrade) {
            return sizes;
        }
        watched.retain(|_, sizes| sizes.strong_count() > 0);
        let (sender, sizes) = watch::channel(size);
        let sizes = Arc::new(sizes);
        watched.insert(key.clone(), Arc::downgrade(&sizes));
        self.stop.spawn(follow(self.pool.clone(), key, sender, self.stop.clone()));
        sizes
    }
}

/// Asks until nobody reads any more.
async fn follow(pool: Pool, (tenant_id, env): (TenantId, Env), sizes: watch::Sender<u64>, stop: Stop) {
    loop {
        tokio::select! {
            () = stop.asked() => return,
            () = sizes.closed() => return,
            () = sleep(Duration::from_millis(ASK_MS)) => {}
        }
        match audit::head(&pool, (&tenant_id, env)).await {
            Ok(head) => {
                let size = head.map_or(0, |head| head.size);
                sizes.send_if_modified(|known| {
                    let has_grown = size > *known;
                    *known = size.max(*known);
                    has_grown
                });
            }
            Err(error) => tracing::debug!(error = one_line(&error), "how far a log is cannot be asked"),
        }
    }
}
