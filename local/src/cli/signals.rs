//! What the one who runs a stack is told by signal.

use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that a stack's owner listens to.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    heal: Signal,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Stop everything.
    Stop,
    /// Start what does not run.
    Heal,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            heal: signal(SignalKind::user_defined1())?,
        })
    }

    pub(crate) async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
            _ = self.hangup.recv() => Told::Stop,
            _ = self.heal.recv() => Told::Heal,
        }
    }

    pub(crate) async fn stop(&mut self) {
        while self.next().await != Told::Stop {}
    }
}
