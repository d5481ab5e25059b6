//! Looking up what is registered: from memory where it was asked before, and forgotten when the bus says so.

use crate::error::ApiError;
use crate::queries::{canvases, threads};
use crate::registry::Entry;
use futures_util::StreamExt;
use moka::future::Cache;
use node::bus::Bus;
use node::postgres::Pool;
use node::stop::Stop;
use std::sync::Arc;
use std::time::Duration;
use subjects::routing::{Stream, StreamKey};
use subjects::subject::{REGISTRY_CHANGES, Subject};

/// The registry as this edge knows it. Only what exists is remembered: what is registered this instant is found.
#[derive(Debug)]
pub struct Registry {
    pool: Pool,
    known: Cache<StreamKey, Arc<Entry>>,
}

const ENTRIES_MAX: u64 = 100_000;
/// An upper bound on how long a change can go unnoticed, whatever happens to the bus.
const ENTRY_SECS_MAX: u64 = 300;
const SUBSCRIBE_RETRY_MS: u64 = 500;

impl Registry {
    /// The registry, listening for changes until asked to stop.
    pub fn start(pool: Pool, bus: Bus, stop: &Stop) -> Self {
        let known =
            Cache::builder().max_capacity(ENTRIES_MAX).time_to_live(Duration::from_secs(ENTRY_SECS_MAX)).build();
        stop.spawn(forget(bus, known.clone(), stop.clone()));
        Self { pool, known }
    }

    /// The entry of what has this log; none where nothing is registered.
    pub async fn find(&self, stream: &StreamKey) -> Result<Option<Arc<Entry>>, ApiError> {
        if let Some(entry) = self.known.get(stream).await {
            return Ok(Some(entry));
        }
        let (tenant_id, env) = (&stream.tenant_id, stream.env);
        let found = match &stream.stream {
            Stream::Canvas(canvas_id) => canvases::find(&self.pool, tenant_id, env, canvas_id).await?,
            Stream::Thread(thread_id) => threads::find(&self.pool, tenant_id, env, thread_id).await?,
        };
        let Some(entry) = found.map(Arc::new) else {
            return Ok(None);
        };
        self.known.insert(stream.clone(), entry.clone()).await;
        Ok(Some(entry))
    }
}

/// Forgets what changes, and everything whenever a change may have gone unheard.
async fn forget(bus: Bus, known: Cache<StreamKey, Arc<Entry>>, stop: Stop) {
    let mut disturbances = bus.disturbances();
    while !stop.is_asked() {
        match bus.client.subscribe(REGISTRY_CHANGES).await {
            Ok(mut changes) => loop {
                tokio::select! {
                    () = stop.asked() => return,
                    _ = disturbances.changed() => known.invalidate_all(),
                    change = changes.next() => match change {
                        Some(change) => forget_one(&known, &change.subject).await,
                        None => break,
                    },
                }
            },
            Err(error) => tracing::warn!(%error, "changes of the registry cannot be heard"),
        }
        known.invalidate_all();
        tokio::time::sleep(Duration::from_millis(SUBSCRIBE_RETRY_MS)).await;
    }
}

async fn forget_one(known: &Cache<StreamKey, Arc<Entry>>, subject: &str) {
    if let Ok(Subject::RegistryChanged(stream)) = subject.parse() {
        known.invalidate(&stream).await;
    }
}
