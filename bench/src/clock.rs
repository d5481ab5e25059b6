//! One clock for all processes of a run.

use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Microseconds of the machine's monotonic clock.
pub(crate) fn now_us() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default();
    now.as_micros() as u64
}
