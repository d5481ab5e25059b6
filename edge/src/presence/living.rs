//! Which edges live, as far as their pulse is heard. Pure.

use super::own::GRACE;
use super::roster::Hearing;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use subjects::presence::{Beat, Pulse};
use uuid::Uuid;

/// An edge says so often that it lives.
pub(super) const BEAT_EVERY: Duration = Duration::from_secs(1);
/// How long an edge is believed to live after it said so: its people are gone 6 to 7 s after it was killed. That is
/// longer than the grace: who comes back by then was never away.
const LEASE: Duration = Duration::from_secs(7);
/// Who does not hear its own pulse for so long is deaf, and nobody is dead because of that.
const DEAF_AFTER: Duration = Duration::from_secs(4);

/// Which edges live.
#[derive(Debug)]
pub(super) struct Living {
    own: Uuid,
    heard_own_at: Option<Instant>,
    edges: BTreeMap<Uuid, Instant>,
}

impl Living {
    /// No other is known.
    pub(super) fn new(own: Uuid) -> Self {
        Self { own, heard_own_at: None, edges: BTreeMap::new() }
    }

    /// An edge says how it is.
    pub(super) fn hear(&mut self, now: Instant, pulse: Pulse) {
        match pulse.beat {
            Beat::Alive if pulse.edge == self.own => self.hear_own(now),
            Beat::Alive => _ = self.edges.insert(pulse.edge, now + LEASE),
            Beat::Farewell => {
                // Its people may come back elsewhere within the grace.
                self.edges.entry(pulse.edge).and_modify(|until| *until = now + GRACE);
            }
        }
    }

    /// Who was deaf knows nothing of the others: each may have been alive all the time.
    fn hear_own(&mut self, now: Instant) {
        if self.is_deaf(now) {
            self.edges.values_mut().for_each(|until| *until = now + LEASE);
        }
        self.heard_own_at = Some(now);
    }

    /// An edge told something else: it lives, and one not known by its pulse yet is known from now.
    pub(super) fn meet(&mut self, now: Instant, edge: Uuid) {
        self.edges.entry(edge).or_insert(now + LEASE);
    }

    /// Forgets those whose lease ran out. Says whether there were any.
    pub(super) fn forget_dead(&mut self, now: Instant) -> bool {
        if self.is_deaf(now) {
            return false;
        }
        let before = self.edges.len();
        self.edges.retain(|_, until| *until > now);
        self.edges.len() < before
    }

    /// Whether the edge is believed to live.
    pub(super) fn is_alive(&self, edge: Uuid) -> bool {
        self.edges.contains_key(&edge)
    }

    /// Whether others can be heard.
    pub(super) fn hearing(&self, now: Instant) -> Hearing {
        if self.is_deaf(now) { Hearing::Deaf } else { Hearing::Good }
    }

    fn is_deaf(&self, now: Instant) -> bool {
        self.heard_own_at.is_none_or(|at| now.saturating_duration_since(at) > DEAF_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    /// `says`: who says what, at which second. The own pulse is heard every 2 s but while `deaf`.
    #[track_caller]
    fn check(says: &[(u64, Beat)], deaf: std::ops::Range<u64>, dies_at: Option<u64>) {
        let start = Instant::now();
        let mut living = Living::new(OWN);
        let mut died_at = None;
        for second in 0..60 {
            let now = start + Duration::from_secs(second);
            if second.is_multiple_of(2) && !deaf.contains(&second) {
                living.hear(now, Pulse { edge: OWN, beat: Beat::Alive });
            }
            for (_, beat) in says.iter().filter(|(at, _)| *at == second) {
                living.hear(now, Pulse { edge: OTHER, beat: *beat });
            }
            if living.forget_dead(now) {
                died_at.get_or_insert(second);
                assert!(!living.is_alive(OTHER));
            }
        }
        assert_eq!(died_at, dies_at, "{says:?} deaf {deaf:?}");
    }

    #[test]
    fn an_edge_lives_for_its_lease() {
        use Beat::{Alive, Farewell};
        check(&[], 0..0, None);
        check(&[(0, Alive)], 0..0, Some(7));
        check(&[(0, Alive), (6, Alive)], 0..0, Some(13));
        check(&[(0, Alive), (1, Farewell)], 0..0, Some(6));
        check(&[(1, Farewell)], 0..0, None);
        // Nobody dies because nothing is heard, and everybody gets a whole lease afterwards.
        check(&[(0, Alive)], 2..20, Some(27));
        check(&[(0, Alive), (21, Alive)], 2..20, Some(28));
        check(&[(0, Alive)], 2..60, None);
    }

    #[test]
    fn who_tells_something_lives() {
        let now = Instant::now();
        let mut living = Living::new(OWN);
        living.hear(now, Pulse { edge: OWN, beat: Beat::Alive });
        living.meet(now, OTHER);
        assert!(living.is_alive(OTHER));
        for at in [now + LEASE / 2, now + LEASE] {
            living.meet(at, OTHER);
            living.hear(at, Pulse { edge: OWN, beat: Beat::Alive });
        }
        assert!(living.forget_dead(now + LEASE), "its pulse counts, not what else it tells");
    }
}
