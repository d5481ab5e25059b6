//! What is done for all feeds at once: the tick of their seconds, and the look whether they missed something.

use super::backlog::Backlog;
use super::hub::Hub;
use super::ring::Head;
use super::watched::{Control, Tick, Watched};
use crate::queries::{QueryError, backlog};
use rand::RngExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TICK_MS: u64 = 1_000;
/// A second's ticks are spread over so many moments.
const MOMENTS: usize = 20;
/// For how many seconds a log is watched that nobody reads.
const LINGER_SECS: usize = 30;
/// How often all feeds are compared with the log, though nothing seems wrong.
const CHECK_SECS: std::ops::Range<u64> = 9..12;
/// How long an event may be on its way before it counts as lost.
const GRACE_MS: u64 = 500;
/// The most logs whose heads are asked for at once.
const HEADS_MAX: usize = 1_000;

/// Ticks until the edge stops and nobody is left.
pub(crate) async fn tick(hub: Arc<Hub>) {
    let stop = &hub.means.stop;
    let mut number = 0;
    while !stop.is_asked() {
        tokio::select! { () = tick_all(&hub, number) => {}, () = stop.asked() => {} }
        number += 1;
    }
    // At once, so that all begin to send their readers away; later ones for those that opened just now.
    loop {
        let feeds = hub.feeds();
        if feeds.is_empty() {
            return;
        }
        tell(&feeds, number);
        hub.forget_idle(0);
        tokio::time::sleep(Duration::from_millis(TICK_MS)).await;
    }
}

async fn tick_all(hub: &Hub, number: usize) {
    let feeds = hub.feeds();
    let size = feeds.len().div_ceil(MOMENTS).max(1);
    let mut moments = feeds.chunks(size);
    for _ in 0..MOMENTS {
        if let Some(moment) = moments.next() {
            tell(moment, number);
        }
        tokio::time::sleep(Duration::from_millis(TICK_MS / MOMENTS as u64)).await;
    }
    hub.forget_idle(LINGER_SECS);
}

fn tell(feeds: &[Arc<Watched>], number: usize) {
    let now = Instant::now();
    for feed in feeds {
        feed.tell(Control::Tick(Tick { number, now }));
    }
}

/// Looks for what was lost on the way, after every disturbance of the bus and every now and then.
pub(crate) async fn check(hub: Arc<Hub>) {
    let Backlog { bus, epochs, .. } = &hub.means.backlog;
    let mut disturbances = bus.disturbances();
    while !hub.means.stop.is_asked() {
        let pause = Duration::from_secs(rand::rng().random_range(CHECK_SECS));
        tokio::select! {
            () = hub.means.stop.asked() => return,
            changed = disturbances.changed() => match changed {
                Ok(()) => epochs.refresh(bus).await,
                Err(_) => return,
            },
            () = tokio::time::sleep(pause) => if epochs.is_unknown() {
                epochs.refresh(bus).await;
            },
        }
        for feeds in hub.feeds().chunks(HEADS_MAX) {
            if let Err(error) = check_some(&hub, feeds).await {
                let error = node::health::one_line(&error);
                tracing::warn!(error, "readers are not compared with the log");
            }
        }
    }
}

async fn check_some(hub: &Hub, feeds: &[Arc<Watched>]) -> Result<(), QueryError> {
    // What was heard before the question is in the answer, or was never true.
    let heard: Vec<_> = feeds.iter().map(|feed| feed.head().seq).collect();
    let keys: Vec<_> = feeds.iter().map(|feed| &feed.seals.stream).collect();
    let heads = backlog::heads(&hub.means.backlog.pool, &keys).await?;
    let mut behind = Vec::new();
    for ((feed, heard), head) in feeds.iter().zip(heard).zip(heads) {
        if head.seq < heard {
            feed.tell(Control::Restored(Head::from(head)));
        } else if head.seq > heard {
            behind.push((feed, head.seq));
        }
    }
    if !behind.is_empty() {
        tokio::time::sleep(Duration::from_millis(GRACE_MS)).await;
    }
    for (feed, seq) in behind {
        if feed.head().seq < seq {
            feed.tell(Control::Behind(seq));
        }
    }
    Ok(())
}
