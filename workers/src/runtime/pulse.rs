//! The pulse: tells every edge, again and again, what was revoked lately. An edge that hears none admits nobody.

use crate::store::revocations;
use crate::store::transaction::on_pool;
use node::bus::Bus;
use node::postgres::{Pool, Scope};
use node::stop::Stop;
use std::time::Duration;
use subjects::revocation::PULSE_MS;
use subjects::subject::REVOCATIONS;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

/// Lets the next pulse come now.
#[derive(Debug, Clone)]
pub(crate) struct Pulse {
    asks: mpsc::Sender<oneshot::Sender<()>>,
}

/// How many may wait for the same pulse.
const ASKS_MAX: usize = 256;
/// How long is waited for a pulse. The next comes by itself.
const WAIT_MS: u64 = 500;
const FORGET_EVERY: Duration = Duration::from_secs(60);

impl Pulse {
    /// A heart, and what beats it.
    pub(crate) fn new() -> (Self, Heart) {
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        (Self { asks }, Heart { asked })
    }

    /// Returns when a pulse was sent that names what is durable now; or after a while, when none could be.
    pub(crate) async fn now(&self) {
        let (ask, sent) = oneshot::channel();
        let wait = async {
            if self.asks.send(ask).await.is_ok() {
                let _ = sent.await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(WAIT_MS), wait).await;
    }
}

/// What beats.
#[derive(Debug)]
pub(crate) struct Heart {
    asked: mpsc::Receiver<oneshot::Sender<()>>,
}

impl Heart {
    /// Beats until stop is asked.
    pub(crate) async fn beat(mut self, bus: Bus, pool: Pool, stop: Stop) {
        let mut ticks = tokio::time::interval(Duration::from_millis(PULSE_MS));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut forgot_at = Instant::now();
        loop {
            let mut waiting = Vec::new();
            tokio::select! {
                () = stop.asked() => return,
                _ = ticks.tick() => {}
                Some(ask) = self.asked.recv() => waiting.push(ask),
            }
            // Whoever asked before the database is read is told by this pulse.
            while let Ok(ask) = self.asked.try_recv() {
                waiting.push(ask);
            }
            match send(&bus, &pool).await {
                Ok(()) => waiting.into_iter().for_each(|ask| _ = ask.send(())),
                Err(error) => tracing::warn!(error = %format!("{error:#}"), "the pulse was not sent"),
            }
            if forgot_at.elapsed() >= FORGET_EVERY {
                forgot_at = Instant::now();
                forget(&pool).await;
            }
        }
    }
}

async fn send(bus: &Bus, pool: &Pool) -> anyhow::Result<()> {
    let pulse = revocations::recent(&*on_pool(pool, Scope::All).await?).await?;
    bus.client.publish(REVOCATIONS, serde_json::to_vec(&pulse)?.into()).await?;
    Ok(())
}

async fn forget(pool: &Pool) {
    let forgotten = async { revocations::forget(&*on_pool(pool, Scope::All).await?).await };
    if let Err(error) = forgotten.await {
        tracing::debug!(%error, "what is over was not forgotten");
    }
}
