//! Latencies, and what is said of them.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::fmt;

const LONGEST_US: u64 = 120_000_000;
const DIGITS: u8 = 3;

/// Latencies in microseconds.
#[derive(Debug)]
pub(crate) struct Latencies(Histogram<u64>);

/// What is said of latencies, in microseconds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) count: u64,
    pub(crate) mean_us: f64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    pub(crate) max_us: u64,
}

impl Latencies {
    pub(crate) fn new() -> Self {
        Self(Histogram::new_with_max(LONGEST_US, DIGITS).expect("the bounds are a histogram's"))
    }

    pub(crate) fn record(&mut self, us: u64) {
        self.0.saturating_record(us);
    }

    pub(crate) fn add(&mut self, other: &Latencies) {
        self.0 += &other.0;
    }

    pub(crate) fn summary(&self) -> Summary {
        Summary {
            count: self.0.len(),
            mean_us: self.0.mean(),
            p50_us: self.0.value_at_quantile(0.5),
            p99_us: self.0.value_at_quantile(0.99),
            max_us: self.0.max(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |us: u64| us as f64 / 1_000.0;
        write!(f, "p50 {:.2} ms, p99 {:.2} ms, max {:.1} ms", ms(self.p50_us), ms(self.p99_us), ms(self.max_us))
    }
}
