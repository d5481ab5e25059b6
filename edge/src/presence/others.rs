//! Who is here through other edges, as far as those told. Pure.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use subjects::presence::{Known, Present, Session};
use uuid::Uuid;

/// Longer than between two digests: an edge that is silent about its people for so long is asked.
const DOUBT_AFTER: Duration = Duration::from_secs(8);
/// An edge that is silent about its people for so long, though it is asked, has none there any more.
const LOST_AFTER: Duration = Duration::from_secs(15);
/// The most sessions that are believed of one edge. It would have refused them itself.
const SESSIONS_MAX: usize = 2 * super::own::SESSIONS_MAX;

/// Who is here through other edges.
#[derive(Debug, Default)]
pub(super) struct Others {
    edges: BTreeMap<Uuid, Edge>,
}

#[derive(Debug)]
struct Edge {
    number: u64,
    heard_at: Instant,
    people: BTreeMap<Session, Theirs>,
}

#[derive(Debug)]
struct Theirs {
    present: Arc<Present>,
    heard_at: Instant,
}

/// What a gossip counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// It is the next.
    Next,
    /// Something before it was missed.
    Gap,
    /// It is known, or comes too late to be believed.
    Late,
}

impl Others {
    /// Takes note of a gossip's number.
    pub(super) fn count(&mut self, now: Instant, edge: Uuid, number: u64) -> Count {
        let edge = self.edge(now, edge);
        edge.heard_at = now;
        if number <= edge.number {
            return Count::Late;
        }
        let is_next = number == edge.number + 1;
        edge.number = number;
        if is_next { Count::Next } else { Count::Gap }
    }

    /// These are there, as they are now. Says who is different from before.
    pub(super) fn here(&mut self, now: Instant, edge: Uuid, presents: Vec<Arc<Present>>) -> Vec<Session> {
        let people = &mut self.edge(now, edge).people;
        let mut changed = Vec::new();
        for present in presents {
            let session = present.session.clone();
            let known = people.get(&session);
            let is_new = known.is_none_or(|theirs| theirs.present.rev < present.rev);
            if is_new && (known.is_some() || people.len() < SESSIONS_MAX) {
                people.insert(session.clone(), Theirs { present, heard_at: now });
                changed.push(session);
            }
        }
        changed
    }

    /// These went. Says who was there before.
    pub(super) fn gone(&mut self, edge: Uuid, sessions: Vec<Session>) -> Vec<Session> {
        let Some(edge) = self.edges.get_mut(&edge) else { return Vec::new() };
        sessions.into_iter().filter(|session| edge.people.remove(session).is_some()).collect()
    }

    /// These are there and nobody else. Says who was there before, and whether something is not known of the others.
    pub(super) fn digest(&mut self, now: Instant, edge: Uuid, known: Vec<Known>) -> (Vec<Session>, bool) {
        let people = &mut self.edge(now, edge).people;
        let mut before = std::mem::take(people);
        let mut is_in_doubt = false;
        for Known { session, rev, last_seen } in known {
            match before.remove(&session) {
                Some(mut theirs) => {
                    is_in_doubt |= theirs.present.rev < rev;
                    see(&mut theirs.present, last_seen);
                    people.insert(session, theirs);
                }
                None => is_in_doubt = true,
            }
        }
        (before.into_keys().collect(), is_in_doubt)
    }

    /// The edge is no more, and all who were there through it. Says who that was.
    pub(super) fn lose(&mut self, edge: Uuid) -> Vec<Session> {
        self.edges.remove(&edge).map(|edge| edge.people.into_keys().collect()).unwrap_or_default()
    }

    /// Those that were silent about their people for so long that they are asked.
    pub(super) fn is_doubtful(&self, now: Instant) -> bool {
        self.peopled().any(|(_, edge)| edge.heard_at + DOUBT_AFTER <= now)
    }

    /// Those that were silent about their people, though they were asked.
    pub(super) fn silent(&self, now: Instant) -> Vec<Uuid> {
        self.peopled().filter(|(_, edge)| edge.heard_at + LOST_AFTER <= now).map(|(name, _)| *name).collect()
    }

    /// Nothing can be heard: whose silence is that?
    pub(super) fn excuse(&mut self, now: Instant) {
        self.edges.values_mut().for_each(|edge| edge.heard_at = now);
    }

    /// When somebody's silence is to be looked at.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.peopled().map(|(_, edge)| edge.heard_at + DOUBT_AFTER).min()
    }

    fn peopled(&self) -> impl Iterator<Item = (&Uuid, &Edge)> {
        self.edges.iter().filter(|(_, edge)| !edge.people.is_empty())
    }

    fn edge(&mut self, now: Instant, edge: Uuid) -> &mut Edge {
        self.edges.entry(edge).or_insert_with(|| Edge { number: 0, heard_at: now, people: BTreeMap::new() })
    }

    /// The edges that have told something.
    pub(super) fn edges(&self) -> impl Iterator<Item = Uuid> {
        self.edges.keys().copied()
    }

    /// What the session shows, by the edge that told last, and since when.
    pub(super) fn shown(&self, session: &Session) -> Option<(&Arc<Present>, Instant)> {
        let all = self.edges.values().filter_map(|edge| edge.people.get(session));
        all.map(|theirs| (&theirs.present, theirs.heard_at)).max_by_key(|(_, heard_at)| *heard_at)
    }
}

fn see(present: &mut Arc<Present>, last_seen: DateTime<Utc>) {
    if present.last_seen < last_seen {
        Arc::make_mut(present).last_seen = last_seen;
    }
}
