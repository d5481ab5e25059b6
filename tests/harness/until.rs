//! How the flows wait: for a state, with a deadline. Nothing else in them waits.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout};

/// How long anything that must come may take on a busy machine.
pub const SOON: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(25);

/// Asks until there is an answer; fails when there is none [`SOON`].
pub async fn until<T>(what: impl Display, ask: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(SOON, what, ask).await
}

/// As [`until`], with a deadline of its own.
pub async fn until_within<T>(at_most: Duration, what: impl Display, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let mut patience = Patience::of(at_most);
    loop {
        patience.lasts_for(&what).await;
        if let Some(answer) = ask().await {
            return answer;
        }
    }
}

/// Paces what is asked again and again, and ends it.
#[derive(Debug)]
pub struct Patience {
    at_most: Duration,
    deadline: Instant,
    tick: Interval,
}

impl Patience {
    /// So much of it, from now on.
    pub fn of(at_most: Duration) -> Self {
        let mut tick = interval(ASK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { at_most, deadline: Instant::now() + at_most, tick }
    }

    /// Returns when it is time to ask again, the first time at once. Fails when there is no more of it.
    pub async fn lasts_for(&mut self, what: &impl Display) {
        assert!(Instant::now() < self.deadline, "not within {:?}: {what}", self.at_most);
        self.tick.tick().await;
    }
}

/// Awaits it; fails when it takes longer.
pub async fn within<T>(at_most: Duration, what: impl Display, future: impl Future<Output = T>) -> T {
    match timeout(at_most, future).await {
        Ok(value) => value,
        Err(_) => panic!("not within {at_most:?}: {what}"),
    }
}
