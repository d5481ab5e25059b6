//! What readers missed, from the cheapest place that has it: the ring, the event stream, the log.

use super::epoch::Epochs;
use super::frame::{Frame, Seals};
use super::meters::Meters;
use super::ring::{self, Stretch, within};
use super::tail;
use super::watched::Watched;
use crate::queries::{self, QueryError};
use moka::future::Cache;
use node::bus::Bus;
use node::postgres::Pool;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use subjects::cursor::Cursor;
use subjects::routing::StreamKey;
use tokio::sync::Semaphore;

/// The most that one reader is given at a time, unless one event alone is larger.
pub(crate) const PIECE_BYTES_MAX: usize = 32 * 1024;
/// The most that one read of the log brings.
const READ_BYTES_MAX: usize = 256 * 1024;
/// The events of a page. Pages begin at multiples of it, so that readers who missed about the same share them.
const PAGE_EVENTS: u64 = 64;
/// How far the ring is extended backwards. Farther back there are pages.
const EXTEND_EVENTS_MAX: u64 = 256;
/// What all pages together may hold, in bytes.
const PAGES_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How long a page is kept that nobody reads.
const PAGE_IDLE_SECS: u64 = 30;
/// How long one read of the log may take.
const LOG_READ_MS: u64 = 5_000;
/// How many reads of the log run at once.
const LOG_READS_MAX: usize = 4;
/// How many reads of the event stream run at once.
const TAIL_READS_MAX: usize = 32;

/// Why there is no backlog.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Broken {
    /// The log cannot be read now.
    #[error("the log cannot be read now")]
    Unavailable(#[source] Arc<QueryError>),
    /// The log does not answer in time.
    #[error("the log does not answer in time")]
    Late,
    /// The log holds something that is no event.
    #[error("the log holds something that is no event")]
    Unreadable,
    /// The log no longer has it.
    #[error("the log no longer has it")]
    Gone,
}

/// Where backlogs come from. Shared by all feeds.
#[derive(Debug)]
pub(crate) struct Backlog {
    /// The bus.
    pub(crate) bus: Bus,
    /// The database.
    pub(crate) pool: Pool,
    /// Which life of the event streams this is.
    pub(crate) epochs: Epochs,
    /// What is counted.
    pub(crate) meters: Meters,
    pages: Cache<PageKey, Arc<[Frame]>>,
    log_reads: Semaphore,
    tail_reads: Semaphore,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PageKey {
    stream: StreamKey,
    after: u64,
    last: u64,
}

impl Backlog {
    /// Nothing is read yet.
    pub(crate) fn new(bus: Bus, pool: Pool, meters: Meters) -> Self {
        let pages = Cache::builder()
            .max_capacity(PAGES_BYTES_MAX)
            .weigher(|_: &PageKey, page: &Arc<[Frame]>| bytes(page).try_into().unwrap_or(u32::MAX))
            .time_to_idle(Duration::from_secs(PAGE_IDLE_SECS))
            .build();
        Self {
            bus,
            pool,
            epochs: Epochs::default(),
            meters,
            pages,
            log_reads: Semaphore::new(LOG_READS_MAX),
            tail_reads: Semaphore::new(TAIL_READS_MAX),
        }
    }

    /// What follows `seen`, a piece of it; nothing where the reader has caught up with what was heard.
    pub(crate) async fn piece(&self, of: &Watched, seen: Cursor) -> Result<Vec<Frame>, Broken> {
        loop {
            let stretch = of.ring().after(seen.seq, PIECE_BYTES_MAX);
            let first = match stretch {
                Stretch::Nothing | Stretch::Beyond => return Ok(Vec::new()),
                Stretch::Events(frames) => return Ok(frames),
                Stretch::Older { first } => first,
            };
            if !self.extend(of, seen, first).await? {
                return self.page(&of.seals, seen.seq, first).await;
            }
        }
    }

    /// The events `after + 1 ..= last` from the log, or the first of them: as many as one read may bring.
    pub(crate) async fn log(&self, seals: &Seals, after: u64, last: u64) -> Result<Vec<Frame>, Broken> {
        let read = queries::backlog::events(&self.pool, &seals.stream, after, last, READ_BYTES_MAX);
        // The semaphore is never closed: no permit means no more than that there is none to hold.
        let _permit = self.log_reads.acquire().await;
        let lines = tokio::time::timeout(Duration::from_millis(LOG_READ_MS), read)
            .await
            .map_err(|_| Broken::Late)?
            .map_err(|error| Broken::Unavailable(Arc::new(error)))?;
        self.meters.from_log.increment(1);
        let frames = lines.iter().map(|line| {
            Frame::new(line, seals, None).inspect_err(|error| {
                tracing::error!(%error, stream = %seals.stream, after, "an event of the log cannot be read");
            })
        });
        let frames: Vec<_> = frames.collect::<Result<_, _>>().map_err(|_| Broken::Unreadable)?;
        self.meters.log_bytes.increment(bytes(&frames) as u64);
        if frames.is_empty() || !is_dense(&frames, after) {
            return Err(Broken::Gone);
        }
        Ok(frames)
    }

    /// Extends the ring backwards to `seen`, where that is near. Says whether the ring now has what follows.
    async fn extend(&self, of: &Watched, seen: Cursor, first: u64) -> Result<bool, Broken> {
        let is_hopeless = || of.unextendable.load(Ordering::Relaxed) == first;
        if first - 1 - seen.seq > EXTEND_EVENTS_MAX || is_hopeless() {
            return Ok(false);
        }
        let _alone = of.extending.lock().await;
        let last = of.ring().first() - 1;
        if last <= seen.seq {
            return Ok(true);
        }
        if is_hopeless() || last - seen.seq > EXTEND_EVENTS_MAX || !of.ring().has_room() {
            return Ok(false);
        }
        let missed = match self.tail(&of.seals, seen, last).await {
            Some(frames) => frames,
            None => self.log(&of.seals, seen.seq, last).await?,
        };
        let is_extended = of.ring().put_in_front(Instant::now(), &missed);
        if !is_extended {
            of.unextendable.store(last + 1, Ordering::Relaxed);
        }
        Ok(is_extended)
    }

    /// The events `seen + 1 ..= last` from the event stream; none where it does not have all of them.
    pub(crate) async fn tail(&self, seals: &Seals, seen: Cursor, last: u64) -> Option<Vec<Frame>> {
        let _permit = self.tail_reads.acquire().await;
        let place = seen.place?;
        let mut frames = tail::from(&self.bus, seals, &self.epochs, place, ring::BYTES_MAX).await?;
        self.meters.from_tail.increment(1);
        self.meters.tail_bytes.increment(bytes(&frames) as u64);
        frames.retain(|frame| (seen.seq + 1..=last).contains(&frame.seq));
        let is_whole = frames.len() as u64 == last - seen.seq && is_dense(&frames, seen.seq);
        is_whole.then_some(frames)
    }

    /// What follows `seen` in the page that holds it, no farther than the ring's `first`.
    async fn page(&self, seals: &Seals, seen: u64, first: u64) -> Result<Vec<Frame>, Broken> {
        let mut after = seen / PAGE_EVENTS * PAGE_EVENTS;
        let last = (after + PAGE_EVENTS).min(first - 1);
        loop {
            let key = PageKey { stream: seals.stream.clone(), after, last };
            let load = async { self.log(seals, after, last).await.map(Arc::from) };
            let page = self.pages.try_get_with(key, load).await;
            let page = page.map_err(|broken: Arc<Broken>| Broken::clone(&broken))?;
            // A page of large events comes in parts.
            match page.last() {
                Some(frame) if frame.seq <= seen => after = frame.seq,
                Some(_) => {
                    let missed = page.iter().filter(|frame| frame.seq > seen);
                    return Ok(within(PIECE_BYTES_MAX, missed));
                }
                None => return Err(Broken::Gone),
            }
        }
    }
}

fn bytes(frames: &[Frame]) -> usize {
    frames.iter().map(|frame| frame.block().len()).sum()
}

fn is_dense(frames: &[Frame], after: u64) -> bool {
    frames.iter().map(|frame| frame.seq).zip(after + 1..).all(|(seq, expected)| seq == expected)
}
