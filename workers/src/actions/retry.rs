//! What an answer of a receiver means, and when an action is offered again. Pure.

use std::time::{Duration, SystemTime};

/// How often and how long an action is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// After so many attempts it has failed.
    pub(crate) attempts_max: u32,
    /// The longest pause after the first attempt. It doubles with each.
    pub(crate) first: Duration,
    /// No pause is longer.
    pub(crate) longest: Duration,
}

/// What the answer of a receiver means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was taken.
    Done,
    /// It never will be.
    Never,
    /// Not now.
    Later,
}

/// What a status means.
pub(super) const fn verdict(status: u16) -> Verdict {
    match status {
        200..=299 => Verdict::Done,
        408 | 425 | 429 => Verdict::Later,
        400..=499 => Verdict::Never,
        _ => Verdict::Later,
    }
}

impl Patience {
    /// The pause after an attempt, counted from 1; none when there is no other. `chance` is from 0 up to 1: those that failed
    /// together do not come again together. What the receiver asks for is the least.
    pub(super) fn pause(&self, attempt: u32, asked: Option<Duration>, chance: f64) -> Option<Duration> {
        if attempt >= self.attempts_max {
            return None;
        }
        let doubled = 2_u32.checked_pow(attempt.saturating_sub(1)).and_then(|times| self.first.checked_mul(times));
        let most = doubled.map_or(self.longest, |pause| pause.min(self.longest));
        let least = asked.unwrap_or_default().min(self.longest);
        Some(most.mul_f64(chance).max(least))
    }
}

/// `Retry-After`: in seconds, or a date.
pub(super) fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    match text.parse() {
        Ok(secs) => Some(Duration::from_secs(secs)),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(now).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEC: Duration = Duration::from_secs(1);

    #[test]
    fn what_a_status_means() {
        let check = |status, expected| assert_eq!(verdict(status), expected, "{status}");
        check(200, Verdict::Done);
        check(204, Verdict::Done);
        check(302, Verdict::Later);
        check(400, Verdict::Never);
        check(404, Verdict::Never);
        check(408, Verdict::Later);
        check(410, Verdict::Never);
        check(425, Verdict::Later);
        check(429, Verdict::Later);
        check(500, Verdict::Later);
        check(503, Verdict::Later);
    }

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let patience = Patience { attempts_max: 5, first: 2 * SEC, longest: 7 * SEC };
        let check = |attempt, asked: Option<u64>, chance, expected: Option<Duration>| {
            let asked = asked.map(Duration::from_secs);
            assert_eq!(patience.pause(attempt, asked, chance), expected, "{attempt} {asked:?} {chance}");
        };
        check(1, None, 0.0, Some(Duration::ZERO));
        check(1, None, 0.5, Some(SEC));
        check(1, None, 1.0, Some(2 * SEC));
        check(2, None, 1.0, Some(4 * SEC));
        check(3, None, 1.0, Some(7 * SEC));
        check(4, None, 1.0, Some(7 * SEC));
        check(5, None, 1.0, None);
        check(99, None, 1.0, None);
        check(1, Some(3), 0.0, Some(3 * SEC));
        check(1, Some(99), 0.0, Some(7 * SEC));
        check(2, Some(1), 1.0, Some(4 * SEC));
        let stubborn = Patience { attempts_max: u32::MAX, ..patience };
        assert_eq!(stubborn.pause(4_000_000, None, 1.0), Some(7 * SEC));
    }

    #[test]
    fn a_receiver_asks_for_time() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(retry_after(text, now), expected.map(Duration::from_secs), "{text}");
        };
        check("120", Some(120));
        check(" 0 ", Some(0));
        check("Sun, 06 Nov 1994 08:50:37 GMT", Some(60));
        check("Sun, 06 Nov 1994 08:49:36 GMT", None);
        check("soon", None);
        check("-1", None);
    }
}
