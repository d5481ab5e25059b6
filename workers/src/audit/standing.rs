//! How far behind the logs are, as this worker saw it last: for readiness and for who watches the metrics.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How far behind the logs are. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Standing(Arc<Mutex<Seen>>);

#[derive(Debug, Clone, Copy)]
struct Seen {
    looked_at: DateTime<Utc>,
    queued_since: Option<DateTime<Utc>>,
    unpublished_since: Option<DateTime<Utc>>,
}

/// How long an event may wait for its place, and how long the queue may go without being looked at.
const QUEUED_SECS_MAX: i64 = 30;
/// How far the copies in the bucket may be behind.
const UNPUBLISHED_SECS_MAX: i64 = 60;

impl Standing {
    /// Nothing waits, as far as is known.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Seen { looked_at: Utc::now(), queued_since: None, unpublished_since: None })))
    }

    /// The queue was looked at: since when the first waits in it.
    pub(crate) fn queued(&self, since: Option<DateTime<Utc>>) {
        let mut seen = self.seen();
        (seen.looked_at, seen.queued_since) = (Utc::now(), since);
        gauge("northstar_audit_queue_age_seconds", since);
    }

    /// Since when the bucket lacks something that this worker tried to copy.
    pub(crate) fn unpublished(&self, since: Option<DateTime<Utc>>) {
        self.seen().unpublished_since = since;
        gauge("northstar_audit_unpublished_age_seconds", since);
    }

    /// Whether the logs are where they should be; if not, why, in one line.
    pub(crate) fn check(&self) -> Result<(), String> {
        let seen = *self.seen();
        judge(seen, Utc::now())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Standing {
    fn default() -> Self {
        Self::new()
    }
}

fn judge(seen: Seen, now: DateTime<Utc>) -> Result<(), String> {
    let behind = |since: Option<DateTime<Utc>>, secs_max| {
        let age = since.map_or(TimeDelta::zero(), |since| now - since);
        (age > TimeDelta::seconds(secs_max)).then_some(age.num_seconds())
    };
    if let Some(secs) = behind(seen.queued_since, QUEUED_SECS_MAX) {
        return Err(format!("an event waits for its place in its log for {secs} s"));
    }
    if let Some(secs) = behind(Some(seen.looked_at), QUEUED_SECS_MAX) {
        return Err(format!("nobody looked for {secs} s what waits for its place in a log"));
    }
    match behind(seen.unpublished_since, UNPUBLISHED_SECS_MAX) {
        Some(secs) => Err(format!("a log's copy in the bucket is {secs} s behind")),
        None => Ok(()),
    }
}

fn gauge(name: &'static str, since: Option<DateTime<Utc>>) {
    let age = since.map_or(TimeDelta::zero(), |since| Utc::now() - since);
    metrics::gauge!(name).set(age.num_milliseconds().max(0) as f64 / 1_000.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_too_long_is_told() {
        let now = Utc::now();
        let ago = |secs| now - TimeDelta::seconds(secs);
        let check = |looked: i64, queued: Option<i64>, unpublished: Option<i64>, expected: bool| {
            let (queued_since, unpublished_since) = (queued.map(ago), unpublished.map(ago));
            let seen = Seen { looked_at: ago(looked), queued_since, unpublished_since };
            assert_eq!(judge(seen, now).is_ok(), expected, "{looked} {queued:?} {unpublished:?}");
        };
        check(0, None, None, true);
        check(30, Some(30), Some(60), true);
        check(0, Some(31), None, false);
        check(31, None, None, false);
        check(0, None, Some(61), false);
    }
}
