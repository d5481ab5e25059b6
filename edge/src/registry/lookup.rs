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
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use subjects::routing::{Stream, StreamKey};
use subjects::subject::{REGISTRY_CHANGES, Subject};

/// The registry as this edge knows it. Only what exists is remembered: what is registered this instant is found.
#[derive(Debug)]
pub struct Registry {
    pool: Pool,
    known: Known,
}

/// What is remembered. Clones share it.
#[derive(Debug, Clone)]
struct Known {
    entries: Cache<StreamKey, Arc<Entry>>,
    /// Counts what was forgotten. What was read before something was forgotten may be older than that.
    forgotten: Arc<AtomicU64>,
}

const ENTRIES_MAX: u64 = 100_000;
/// An upper bound on how long a change can go unnoticed, whatever happens to the bus.
const ENTRY_SECS_MAX: u64 = 300;
const SUBSCRIBE_RETRY_MS: u64 = 500;

impl Registry {
    /// The registry, listening for changes until asked to stop.
    pub fn start(pool: Pool, bus: Bus, stop: &Stop) -> Self {
        let entries =
            Cache::builder().max_capacity(ENTRIES_MAX).time_to_live(Duration::from_secs(ENTRY_SECS_MAX)).build();
        let known = Known { entries, forgotten: Arc::default() };
        stop.spawn(forget(bus, known.clone(), stop.clone()));
        Self { pool, known }
    }

    /// The entry of what has this log; none where nothing is registered.
    pub async fn find(&self, stream: &StreamKey) -> Result<Option<Arc<Entry>>, ApiError> {
        if let Some(entry) = self.known.entries.get(stream).await {
            return Ok(Some(entry));
        }
        let before = self.known.forgotten.load(Ordering::SeqCst);
        let (tenant_id, env) = (&stream.tenant_id, stream.env);
        let found = match &stream.stream {
            Stream::Canvas(canvas_id) => canvases::find(&self.pool, tenant_id, env, canvas_id).await?,
            Stream::Thread(thread_id) => threads::find(&self.pool, tenant_id, env, thread_id).await?,
        };
        let Some(entry) = found.map(Arc::new) else {
            return Ok(None);
        };
        self.known.keep(stream, entry.clone(), before).await;
        Ok(Some(entry))
    }

    /// Forgets the entry of what has this log: it changed, by an answer that came here.
    pub async fn forget(&self, stream: &StreamKey) {
        self.known.forget(stream).await;
    }
}

impl Known {
    /// Remembers an entry that was read when so much had been forgotten, unless it changed since.
    async fn keep(&self, stream: &StreamKey, entry: Arc<Entry>, forgotten_before: u64) {
        self.entries.insert(stream.clone(), entry).await;
        // Looked at afterwards: what is forgotten from here on finds the entry, and takes it.
        if self.forgotten.load(Ordering::SeqCst) != forgotten_before {
            self.entries.invalidate(stream).await;
        }
    }

    async fn forget(&self, stream: &StreamKey) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.entries.invalidate(stream).await;
    }

    fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.entries.invalidate_all();
    }
}

/// Forgets what changes, and everything whenever a change may have gone unheard.
async fn forget(bus: Bus, known: Known, stop: Stop) {
    let mut disturbances = bus.disturbances();
    while !stop.is_asked() {
        match bus.client.subscribe(REGISTRY_CHANGES).await {
            Ok(mut changes) => loop {
                tokio::select! {
                    () = stop.asked() => return,
                    _ = disturbances.changed() => known.forget_all(),
                    change = changes.next() => match change {
                        Some(change) => forget_one(&known, &change.subject).await,
                        None => break,
                    },
                }
            },
            Err(error) => tracing::warn!(%error, "changes of the registry cannot be heard"),
        }
        known.forget_all();
        tokio::time::sleep(Duration::from_millis(SUBSCRIBE_RETRY_MS)).await;
    }
}

async fn forget_one(known: &Known, subject: &str) {
    if let Ok(Subject::RegistryChanged(stream)) = subject.parse() {
        known.forget(&stream).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use subjects::control::Home;

    fn entry() -> Arc<Entry> {
        let home = Home {
            workspace_id: "w".parse().unwrap(),
            project_id: "p".parse().unwrap(),
            app_id: "a".parse().unwrap(),
            surface_id: "s".parse().unwrap(),
        };
        let (created_by, created_at) = ("u_7".parse().unwrap(), chrono::DateTime::UNIX_EPOCH);
        Arc::new(Entry { home, canvas_id: None, title: None, created_by, created_at, graft: None })
    }

    #[tokio::test]
    async fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let known = Known { entries: Cache::new(8), forgotten: Arc::default() };
        let stream: StreamKey = "t_a.dev.canvas.c".parse().unwrap();
        let before = known.forgotten.load(Ordering::SeqCst);
        known.forget(&stream).await;
        known.keep(&stream, entry(), before).await;
        assert_eq!(known.entries.get(&stream).await, None);
        known.keep(&stream, entry(), before + 1).await;
        assert_eq!(known.entries.get(&stream).await, Some(entry()));
        known.forget(&stream).await;
        assert_eq!(known.entries.get(&stream).await, None);
    }
}
