//! Stopping in order: a signal asks, tasks finish, and the process waits for them within a limit.

use std::future::Future;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Asks to stop, and knows what still runs. Clones share both.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Stop {
    /// A stop that only [`Stop::ask`] brings about.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asked for by SIGTERM or SIGINT; a second signal ends the process at once.
    pub fn on_signals() -> std::io::Result<Self> {
        let stop = Self::new();
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let asked = stop.clone();
        tokio::spawn(async move {
            for is_first in [true, false] {
                tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
                if is_first { asked.ask() } else { std::process::exit(1) }
            }
        });
        Ok(stop)
    }

    /// Asks everybody to stop.
    pub fn ask(&self) {
        self.token.cancel();
    }

    /// Whether it was asked.
    pub fn is_asked(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Returns when it is asked.
    pub async fn asked(&self) {
        self.token.cancelled().await;
    }

    /// For what takes a token.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Runs a task that the end waits for.
    pub fn spawn<F>(&self, task: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tasks.spawn(task)
    }

    /// Waits for all tasks, at most `limit`. Says whether all finished.
    pub async fn finished(&self, limit: Duration) -> bool {
        self.tasks.close();
        tokio::time::timeout(limit, self.tasks.wait()).await.is_ok()
    }
}
