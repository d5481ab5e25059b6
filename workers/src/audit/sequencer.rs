//! What waits gets its place in its log: batch by batch, several logs at once, each by one worker at a time.

use super::{Signer, Standing};
use crate::runtime::worker::Failure;
use crate::store::Place;
use crate::store::audit::queue::{self, Queued, Waiting};
use crate::store::audit::{self as logs, Batch};
use crate::store::transaction::{Transaction, on_pool};
use audit::{Growing, record_hash};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use node::health::one_line;
use node::postgres::{Pool, Scope};
use node::stop::Stop;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How long the queue is left alone once nothing waits. A checkpoint is at most so far behind, and what the batch takes.
const PAUSE_MS: u64 = 400;
/// How long it is left alone when something did not work.
const PAUSE_AFTER_FAILURE_MS: u64 = 1_000;
/// The most events that get their places in one transaction.
const EVENTS_MAX: usize = 1_024;
/// The most batches of one log before the others have their turn.
const BATCHES_MAX: usize = 4;
/// The most logs that are worked on at once by this worker.
const AT_ONCE: usize = 4;
/// The most logs that are looked at in one round.
const LOGS_MAX: usize = 512;

/// What the sequencer works with.
#[derive(Debug, Clone)]
struct Sequencer {
    pool: Pool,
    signer: Signer,
    stop: Stop,
}

/// Gives what waits its place until stop is asked. Several workers may do so at once: they share the logs between them.
pub(crate) async fn sequence(pool: Pool, signer: Signer, standing: Standing, stop: Stop) {
    let sequencer = Sequencer { pool, signer, stop: stop.clone() };
    let mut after = None;
    while !stop.is_asked() {
        let pause_ms = match sequencer.round(&mut after, &standing).await {
            Ok(Round::Busy) => 0,
            Ok(Round::Idle) => PAUSE_MS,
            Ok(Round::Failed) => PAUSE_AFTER_FAILURE_MS,
            Err(failure) => {
                failed(None, &failure);
                PAUSE_AFTER_FAILURE_MS
            }
        };
        tokio::select! { () = stop.asked() => return, () = sleep(Duration::from_millis(pause_ms)) => {} }
    }
}

/// What became of a round, or of one log in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Round {
    /// Nothing waits, or others see to it.
    Idle,
    /// There may be more.
    Busy,
    /// Something did not work, and waits on.
    Failed,
}

impl Sequencer {
    /// Works on the logs behind the last one of the round before, if there are too many for one.
    async fn round(&self, after: &mut Option<Waiting>, standing: &Standing) -> Result<Round, Failure> {
        let waiting = {
            let client = on_pool(&self.pool, Scope::All).await?;
            queue::logs(&client, after.as_ref(), LOGS_MAX).await?
        };
        standing.queued(oldest(&waiting));
        *after = if waiting.len() < LOGS_MAX { None } else { waiting.last().cloned() };
        let are_all_looked_at = after.is_none();
        let worked = stream::iter(waiting).map(async |log| self.work_on(&log).await).buffer_unordered(AT_ONCE);
        let round = worked.fold(Round::Idle, async |all, one| all.max(one)).await;
        Ok(if round == Round::Idle && !are_all_looked_at { Round::Busy } else { round })
    }

    async fn work_on(&self, log: &Waiting) -> Round {
        for _ in 0..BATCHES_MAX {
            match self.batch(log).await {
                Ok(events) if events < EVENTS_MAX => return Round::Idle,
                Ok(_) if self.stop.is_asked() => return Round::Idle,
                Ok(_) => {}
                Err(failure) => {
                    failed(Some(log), &failure);
                    return Round::Failed;
                }
            }
        }
        Round::Busy
    }

    /// One batch, in one transaction. Says how many events it had: none where another worker holds the log, and as if there
    /// were more where it only began it.
    async fn batch(&self, log: &Waiting) -> Result<usize, Failure> {
        let begun = Instant::now();
        let place = Place { tenant_id: &log.tenant_id, env: log.env };
        let tx = Transaction::begin(&self.pool, &log.tenant_id).await?;
        let Some(head) = logs::lock(&tx, place).await? else {
            let has_begun = logs::begin(&tx, place).await?;
            tx.commit().await?;
            return Ok(if has_begun { EVENTS_MAX } else { 0 });
        };
        let needs = Growing::needs(head.size);
        let (queued, mut tiles) =
            tokio::try_join!(queue::take(&tx, place, EVENTS_MAX), logs::tiles(&tx, place, &needs))?;
        if queued.is_empty() {
            tx.rollback().await?;
            return Ok(0);
        }
        let growing = Growing::new(head.size, |id| tiles.remove(&id)).map_err(|error| Failure::Poison(error.into()))?;
        let batch = self.appended(place, growing, &queued)?;
        logs::append(&tx, place, &batch).await?;
        tx.commit().await?;
        metrics::counter!("northstar_audit_records_total").increment(queued.len() as u64);
        metrics::histogram!("northstar_audit_batch_seconds").record(begun.elapsed());
        Ok(queued.len())
    }

    fn appended(&self, place: Place<'_>, mut growing: Growing, queued: &[Queued]) -> Result<Batch, Failure> {
        let old = growing.size();
        let log = (place.tenant_id.as_str(), place.env.as_str());
        for event in queued {
            let leaf = event.recorded.leaf(log, growing.size(), event.commitment);
            growing.append(record_hash(&leaf.to_bytes().map_err(|error| Failure::Poison(error.into()))?));
        }
        let (size, root) = (growing.size(), growing.root());
        Ok(Batch {
            old,
            entries: queued.iter().map(|event| (event.event_id, event.commitment)).collect(),
            tiles: growing.changed(),
            size,
            root: root.0,
            note: self.signer.sign(place, size, root)?,
            numbers: queued.iter().map(|event| event.number).collect(),
        })
    }
}

fn oldest(waiting: &[Waiting]) -> Option<DateTime<Utc>> {
    waiting.iter().map(|log| log.since).min()
}

/// Nothing is lost by it: what has no place waits where it was put down.
fn failed(log: Option<&Waiting>, failure: &Failure) {
    metrics::counter!("northstar_audit_failures_total").increment(1);
    let (tenant_id, env) = log.map(|log| (&log.tenant_id, log.env)).unzip();
    tracing::error!(cause = one_line(failure), ?tenant_id, ?env, "events did not get their place in a log");
}
