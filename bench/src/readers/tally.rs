//! What a process of readers has counted.

use super::protocol::Report;
use crate::clock;
use crate::latency::Latencies;

/// Counts over all readers.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    pub(crate) repeats: u64,
    pub(crate) holes: u64,
    pub(crate) resets: u64,
    pub(crate) closed: u64,
    pub(crate) latencies: Latencies,
    pub(crate) opened_us: u64,
    pub(crate) last_event_us: u64,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            events: 0,
            bytes: 0,
            repeats: 0,
            holes: 0,
            resets: 0,
            closed: 0,
            latencies: Latencies::new(),
            opened_us: clock::now_us(),
            last_event_us: 0,
        }
    }

    /// Counts from nothing; when the readers opened is remembered.
    pub(crate) fn reset(&mut self) {
        *self = Self { opened_us: self.opened_us, ..Self::new() };
    }

    /// One numbered event, behind the one that its reader saw last.
    pub(crate) fn event(&mut self, seq: u64, seen: Option<u64>, sent_us: Option<u64>, now_us: u64) {
        self.events += 1;
        self.last_event_us = now_us;
        if let Some(sent_us) = sent_us {
            self.latencies.record(now_us.saturating_sub(sent_us));
        }
        match seen {
            Some(seen) if seq <= seen => self.repeats += 1,
            Some(seen) => self.holes += seq - seen - 1,
            None => {}
        }
    }

    pub(crate) fn report(&self, open: usize, seen_min: u64) -> Report {
        Report {
            failed: None,
            open,
            seen_min,
            events: self.events,
            bytes: self.bytes,
            repeats: self.repeats,
            holes: self.holes,
            resets: self.resets,
            closed: self.closed,
            open_to_last_us: self.last_event_us.saturating_sub(self.opened_us),
            latency: self.latencies.summary(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_counts_once() {
        let check = |seq, seen, repeats, holes| {
            let mut tally = Tally::new();
            tally.event(seq, seen, None, 1);
            assert_eq!((tally.repeats, tally.holes, tally.events), (repeats, holes, 1));
        };
        check(5, None, 0, 0);
        check(5, Some(4), 0, 0);
        check(5, Some(5), 1, 0);
        check(3, Some(5), 1, 0);
        check(5, Some(2), 0, 2);
    }
}
