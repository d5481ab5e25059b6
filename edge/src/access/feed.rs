//! Hearing what is revoked.

use super::passes::Passes;
use super::revocations::Revocations;
use async_nats::Subscriber;
use futures_util::StreamExt;
use node::bus::Bus;
use node::postgres::Pool;
use node::stop::Stop;
use std::sync::Arc;
use std::time::Duration;
use subjects::revocation::Pulse;
use subjects::subject::REVOCATIONS;
use tokio::time::MissedTickBehavior;

/// How often the database is asked while no pulse comes.
const ASK_MS: u64 = 1_000;

impl Revocations {
    /// What was revoked, listening until asked to stop.
    pub fn start(pool: Pool, bus: Bus, passes: Arc<Passes>, stop: &Stop) -> Self {
        let revocations = Self::new(pool, passes);
        stop.spawn(hear(revocations.clone(), bus, stop.clone()));
        revocations
    }
}

async fn hear(revocations: Revocations, bus: Bus, stop: Stop) {
    let mut ticks = tokio::time::interval(Duration::from_millis(ASK_MS));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pulses = None;
    loop {
        if pulses.is_none() {
            pulses = bus.client.subscribe(REVOCATIONS).await.ok();
        }
        tokio::select! {
            () = stop.asked() => return,
            _ = ticks.tick() => ask(&revocations).await,
            pulse = next(&mut pulses) => match pulse {
                Some(pulse) => take(&revocations, &pulse.payload).await,
                None => pulses = None,
            },
        }
    }
}

/// Open streams hear of it in spite of the silence.
async fn ask(revocations: &Revocations) {
    if revocations.is_heard() {
        return;
    }
    if let Err(error) = revocations.catch_up().await {
        tracing::debug!(error = node::health::one_line(&error), "what is revoked cannot be asked");
    }
}

async fn next(pulses: &mut Option<Subscriber>) -> Option<async_nats::Message> {
    match pulses {
        Some(pulses) => pulses.next().await,
        None => std::future::pending().await,
    }
}

async fn take(revocations: &Revocations, payload: &[u8]) {
    let pulse: Pulse = match serde_json::from_slice(payload) {
        Ok(pulse) => pulse,
        Err(error) => return tracing::error!(%error, "a pulse cannot be read"),
    };
    if let Err(error) = revocations.take(pulse).await {
        tracing::warn!(error = node::health::one_line(&error), "what is revoked is not known");
    }
}
