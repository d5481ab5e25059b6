//! Tells the workers of refusals: soon, and until the bus has them.

use crate::refusals::notes::{Note, Notes};
use crate::road::{Letter, Road};
use node::stop::Stop;
use std::sync::Arc;
use std::time::Duration;
use subjects::command::Batch;
use subjects::dataset_event::Observed;
use subjects::ids::{Env, TenantId};
use subjects::limits::BATCH_COMMANDS_MAX;
use subjects::subject::Subject;
use tokio::sync::mpsc;

/// How long refusals are gathered.
const GATHER_MS: u64 = 250;
/// The most that wait. Those beyond are lost, counted and logged.
const WAITING_MAX: usize = 8_192;

/// Where refusals are noted.
#[derive(Debug, Clone)]
pub struct Refusals(mpsc::Sender<Note>);

impl Refusals {
    /// Begins to tell. What waits when asked to stop is told before the end.
    pub fn start(road: Arc<Road>, stop: &Stop) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        stop.spawn(tell(road, receiver, stop.clone()));
        Self(sender)
    }

    /// Notes a refusal. Whoever was refused does not wait for it.
    pub fn note(&self, note: Note) {
        if let Err(error) = self.0.try_send(note) {
            lost(1, &error);
        }
    }
}

fn lost(count: u64, why: &dyn std::fmt::Display) {
    metrics::counter!("northstar_audit_lost_total").increment(count);
    tracing::error!(count, %why, "refusals are not audited");
}

async fn tell(road: Arc<Road>, mut receiver: mpsc::Receiver<Note>, stop: Stop) {
    let mut notes = Notes::default();
    let mut untold = Vec::new();
    loop {
        let is_last = gather(&mut receiver, &mut notes, &stop).await;
        untold.extend(notes.take());
        let mut still = Vec::new();
        for (log, events) in untold {
            still.extend(told(&road, log, events).await);
        }
        untold = still;
        forget_some(&mut untold);
        if is_last {
            let left = untold.iter().map(|(_, events)| events.len() as u64).sum();
            return if left > 0 {
                lost(left, &"the edge stops and the bus does not take them")
            };
        }
    }
}

/// Gathers for a while, beginning with the first. Whether it was the last time.
async fn gather(receiver: &mut mpsc::Receiver<Note>, notes: &mut Notes, stop: &Stop) -> bool {
    tokio::select! {
        first = receiver.recv() => match first {
            Some(first) => notes.add(first),
            None => return true,
        },
        () = stop.asked() => {
            while let Ok(note) = receiver.try_recv() {
                notes.add(note);
            }
            return true;
        }
    }
    let end = tokio::time::sleep(Duration::from_millis(GATHER_MS));
    tokio::pin!(end);
    while notes.len() < WAITING_MAX {
        tokio::select! {
            () = &mut end => break,
            () = stop.asked() => break,
            Some(note) = receiver.recv() => notes.add(note),
        }
    }
    false
}

/// Puts them on the bus; returns what it did not take.
async fn told(road: &Road, log: (TenantId, Env), events: Vec<Observed>) -> Option<((TenantId, Env), Vec<Observed>)> {
    let subject = Subject::Audit { tenant_id: log.0.clone(), env: log.1 };
    let mut untold = Vec::new();
    for batch in events.chunks(BATCH_COMMANDS_MAX) {
        let body = serde_json::to_vec(&Batch { commands: batch.to_vec() }).expect("events are JSON");
        let letter = Letter { subject: &subject, body: body.into(), trace: node::telemetry::current() };
        if let Err(untaken) = road.put(letter).await {
            metrics::counter!("northstar_audit_failures_total").increment(1);
            tracing::warn!(%untaken, events = batch.len(), "refusals are told later");
            untold.extend_from_slice(batch);
        }
    }
    (!untold.is_empty()).then_some((log, untold))
}

/// Keeps no more than may wait: the newest.
fn forget_some(untold: &mut Vec<((TenantId, Env), Vec<Observed>)>) {
    let mut waiting: usize = untold.iter().map(|(_, events)| events.len()).sum();
    while waiting > WAITING_MAX && !untold.is_empty() {
        let (_, events) = untold.remove(0);
        waiting -= events.len();
        lost(events.len() as u64, &"the bus is away for too long");
    }
}
