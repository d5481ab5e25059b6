//! What an edge may still grant a tenant out of a block that it leased. Pure.

use crate::queries::leases::Lease;
use std::time::Duration;
use tokio::time::Instant;

/// A block of tokens, leased ahead.
#[derive(Debug, Default)]
pub(super) struct Allowance {
    left: u32,
    is_asking: bool,
    none_until: Option<Instant>,
    away_until: Option<Instant>,
}

/// What becomes of one that wants a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Take {
    /// It has one.
    Granted,
    /// The tenant is at its limit.
    Refused {
        /// When there is one again.
        retry_after: Duration,
    },
    /// A block is on its way.
    Wait,
    /// Nobody can say. The edge's own share of the limit decides.
    Unknown,
}

/// How long the database is left alone after it did not answer.
const AWAY_MS: u64 = 1_000;

impl Allowance {
    /// Takes one. The second says whether the caller is to ask for a block, because less than `low` are left.
    pub(super) fn take(&mut self, now: Instant, low: u32) -> (Take, bool) {
        let is_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        let none_for = self.refused_for(now);
        let is_away = self.away_until.is_some_and(|until| until > now);
        let asks = self.left < low && !self.is_asking && none_for.is_none() && !is_away;
        self.is_asking |= asks;
        let take = match none_for {
            _ if is_left => Take::Granted,
            Some(retry_after) => Take::Refused { retry_after },
            None if is_away => Take::Unknown,
            None => Take::Wait,
        };
        (take, asks)
    }

    /// How long there will be none; nothing where one may be had.
    pub(super) fn none_for(&self, now: Instant) -> Option<Duration> {
        self.refused_for(now).filter(|_| self.left == 0)
    }

    /// The block that was asked for, or none because the tenant is at its limit: then it rests for at least `rest`, so
    /// that one who does not stop asking costs the database no more than one who does.
    pub(super) fn leased(&mut self, lease: Lease, rest: Duration, now: Instant) {
        self.is_asking = false;
        self.away_until = None;
        self.left += lease.granted;
        self.none_until = (lease.granted == 0).then(|| now + lease.retry_after.max(rest));
    }

    /// What was asked takes too long: nobody else waits for it.
    pub(super) fn late(&mut self, now: Instant) {
        self.away_until = Some(now + Duration::from_millis(AWAY_MS));
    }

    /// No answer to what was asked.
    pub(super) fn unanswered(&mut self, now: Instant) {
        self.is_asking = false;
        self.late(now);
    }

    fn refused_for(&self, now: Instant) -> Option<Duration> {
        let left = self.none_until?.checked_duration_since(now)?;
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn blocks_are_asked_for_ahead() {
        let now = Instant::now();
        let mut allowance = Allowance::default();
        assert_eq!(allowance.take(now, 2), (Take::Wait, true));
        assert_eq!(allowance.take(now, 2), (Take::Wait, false));
        allowance.leased(Lease { granted: 3, retry_after: Duration::ZERO }, MS, now);
        assert_eq!(allowance.take(now, 2), (Take::Granted, false));
        assert_eq!(allowance.take(now, 2), (Take::Granted, true));
        assert_eq!(allowance.take(now, 2), (Take::Granted, false));
        assert_eq!(allowance.take(now, 2), (Take::Wait, false));
    }

    #[tokio::test]
    async fn a_tenant_at_its_limit_is_refused_without_asking() {
        let now = Instant::now();
        let mut allowance = Allowance::default();
        allowance.take(now, 2);
        allowance.leased(Lease { granted: 0, retry_after: 10 * MS }, MS, now);
        assert_eq!(allowance.take(now, 2), (Take::Refused { retry_after: 10 * MS }, false));
        assert_eq!(allowance.take(now + 9 * MS, 2), (Take::Refused { retry_after: MS }, false));
        assert_eq!(allowance.none_for(now + 9 * MS), Some(MS));
        assert_eq!(allowance.none_for(now + 10 * MS), None);
        assert_eq!(allowance.take(now + 10 * MS, 2), (Take::Wait, true));
        allowance.leased(Lease { granted: 0, retry_after: MS }, 10 * MS, now);
        assert_eq!(allowance.none_for(now), Some(10 * MS), "it rests");
    }

    #[tokio::test]
    async fn an_answer_that_takes_too_long_is_awaited_by_nobody_else() {
        let now = Instant::now();
        let mut allowance = Allowance::default();
        assert_eq!(allowance.take(now, 2), (Take::Wait, true));
        allowance.late(now);
        assert_eq!(allowance.take(now, 2), (Take::Unknown, false));
        allowance.leased(Lease { granted: 3, retry_after: Duration::ZERO }, MS, now);
        assert_eq!(allowance.take(now, 2), (Take::Granted, false));
    }

    #[tokio::test]
    async fn a_database_that_is_away_is_left_alone_for_a_while() {
        let now = Instant::now();
        let mut allowance = Allowance::default();
        allowance.take(now, 2);
        allowance.unanswered(now);
        assert_eq!(allowance.take(now, 2), (Take::Unknown, false));
        let later = now + Duration::from_millis(AWAY_MS);
        assert_eq!(allowance.take(later, 2), (Take::Wait, true));
        allowance.leased(Lease { granted: 1, retry_after: Duration::ZERO }, MS, later);
        assert_eq!(allowance.take(later, 1), (Take::Granted, true));
    }
}
