//! Sending readers away one after the other, so that they do not all come back to another edge at once.

use std::future::pending;
use std::time::Duration;
use tokio::time::{Interval, interval};

const STEP_MS: u64 = 50;

/// What is left of a drain.
#[derive(Debug)]
pub(crate) struct Drain {
    steps_left: usize,
    steps: Interval,
}

impl Drain {
    /// Begins now and ends after `time`.
    pub(crate) fn over(time: Duration) -> Self {
        let steps = time.as_millis() / u128::from(STEP_MS);
        Self {
            steps_left: usize::try_from(steps).unwrap_or(usize::MAX).max(1),
            steps: interval(Duration::from_millis(STEP_MS)),
        }
    }

    /// Waits for the next step, and says how many of `readers` go with it; none when the drain is over. Without a
    /// drain it waits for ever.
    pub(crate) async fn step(drain: &mut Option<Drain>, readers: usize) -> Option<usize> {
        let Some(drain) = drain else { pending().await };
        drain.steps.tick().await;
        let share = share(readers, drain.steps_left);
        drain.steps_left = drain.steps_left.saturating_sub(1);
        share
    }
}

/// How many of `readers` go, so that after `steps_left` steps nobody is left.
fn share(readers: usize, steps_left: usize) -> Option<usize> {
    (steps_left > 0).then(|| readers.div_ceil(steps_left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_goes_within_the_steps() {
        for readers in [0, 1, 7, 100, 1_001] {
            let mut left = readers;
            for steps_left in (1..=100).rev() {
                let goes = share(left, steps_left).unwrap();
                assert!(goes <= readers.div_ceil(100));
                left -= goes;
            }
            assert_eq!((left, share(left, 0)), (0, None));
        }
    }
}
