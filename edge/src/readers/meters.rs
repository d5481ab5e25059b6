//! What is counted of readers. Nothing per tenant: that would be a series each.

use metrics::{Counter, Gauge, counter, gauge};

/// What is counted of readers.
#[derive(Clone)]
pub struct Meters {
    /// Streams that are open.
    pub readers: Gauge,
    /// Logs that are watched.
    pub feeds: Gauge,
    /// Events times readers.
    pub deliveries: Counter,
    /// Readers off the live path.
    pub behind: Gauge,
    /// What is held for them.
    pub behind_bytes: Gauge,
    /// Holes in what was heard that were filled.
    pub gaps_filled: Counter,
    /// Readers told to start again.
    pub resets: Counter,
    /// Readers closed because they took nothing.
    pub stalled: Counter,
    /// Readers who resumed from the ring alone.
    pub from_ring: Counter,
    /// Reads of the event stream.
    pub from_tail: Counter,
    /// Reads of the log.
    pub from_log: Counter,
    /// What was read of the event stream.
    pub tail_bytes: Counter,
    /// What was read of the log.
    pub log_bytes: Counter,
}

impl Meters {
    /// All of them, as they are registered now.
    pub fn new() -> Self {
        const CATCH_UPS: &str = "northstar_catch_ups_total";
        const BACKLOG_BYTES: &str = "northstar_backlog_bytes_total";
        Self {
            readers: gauge!("northstar_readers"),
            feeds: gauge!("northstar_feeds"),
            deliveries: counter!("northstar_deliveries_total"),
            behind: gauge!("northstar_readers_behind"),
            behind_bytes: gauge!("northstar_readers_behind_bytes"),
            gaps_filled: counter!("northstar_gaps_filled_total"),
            resets: counter!("northstar_resets_total"),
            stalled: counter!("northstar_readers_stalled_total"),
            from_ring: counter!(CATCH_UPS, "source" => "ring"),
            from_tail: counter!(CATCH_UPS, "source" => "tail"),
            from_log: counter!(CATCH_UPS, "source" => "log"),
            tail_bytes: counter!(BACKLOG_BYTES, "source" => "tail"),
            log_bytes: counter!(BACKLOG_BYTES, "source" => "log"),
        }
    }
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meters(..)")
    }
}
