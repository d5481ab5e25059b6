//! What is counted of readers. Nothing per tenant: that would be a series each.

use metrics::{Counter, Gauge, counter, gauge};

/// What is counted of readers.
#[derive(Clone)]
pub(crate) struct Meters {
    /// Streams that are open.
    pub(crate) readers: Gauge,
    /// WebSockets that are open.
    pub(crate) websockets: Gauge,
    /// Logs that are watched.
    pub(crate) feeds: Gauge,
    /// Events times readers.
    pub(crate) deliveries: Counter,
    /// Readers off the live path.
    pub(crate) behind: Gauge,
    /// What is held for them.
    pub(crate) behind_bytes: Gauge,
    /// Holes in what was heard that were filled.
    pub(crate) gaps_filled: Counter,
    /// Readers told to start again.
    pub(crate) resets: Counter,
    /// Readers closed because they took nothing.
    pub(crate) stalled: Counter,
    /// Readers who resumed from the ring alone.
    pub(crate) from_ring: Counter,
    /// Reads of the event stream.
    pub(crate) from_tail: Counter,
    /// Reads of the log.
    pub(crate) from_log: Counter,
    /// What was read of the event stream.
    pub(crate) tail_bytes: Counter,
    /// What was read of the log.
    pub(crate) log_bytes: Counter,
}

impl Meters {
    /// All of them, as they are registered now.
    pub(crate) fn new() -> Self {
        const CATCH_UPS: &str = "northstar_catch_ups_total";
        const BACKLOG_BYTES: &str = "northstar_backlog_bytes_total";
        Self {
            readers: gauge!("northstar_readers"),
            websockets: gauge!("northstar_websockets"),
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
