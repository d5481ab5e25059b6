//! Who is here through this edge, and what it tells the other edges of them. Pure.

use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use subjects::presence::{Gossip, Known, Present, Said, Session, State};
use subjects::routing::RoutingKeys;
use uuid::Uuid;

/// The most sessions that may be on one canvas or thread through one edge.
pub(super) const SESSIONS_MAX: usize = 1_000;
/// How long a session stays after its last connection broke: who comes back by then was never away.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// What changes within this time is told at once: at most 20 times a second.
pub(super) const GAP: Duration = Duration::from_millis(50);
/// Digests come so far apart, and each a bit later by chance, so that they do not come all at once.
const DIGEST_MS: u64 = 4_000;
const DIGEST_JITTER_MS: u64 = 2_000;
/// After the last has gone it is said once more, should it have been missed.
const LAST_DIGEST: Duration = Duration::from_secs(1);
/// Everybody who asks within this time gets the same answer.
const ANSWER_GAP: Duration = Duration::from_millis(500);
/// What one message carries of states, well below the largest one.
const HERE_BYTES_MAX: usize = 256 * 1024;

/// Who is here through this edge.
#[derive(Debug)]
pub(super) struct Own {
    edge: Uuid,
    number: u64,
    rev: u64,
    people: BTreeMap<Session, Ours>,
    unsaid: BTreeSet<Session>,
    said_at: Option<Instant>,
    digest_at: Option<Instant>,
    is_asked: bool,
    answered_at: Option<Instant>,
}

#[derive(Debug)]
struct Ours {
    present: Arc<Present>,
    changed_at: Instant,
    /// Connections that show it.
    stays: usize,
    /// Where none does any more: when it goes.
    leaves_at: Option<Instant>,
}

/// What a connection shows of its session.
#[derive(Debug, Clone)]
pub(super) struct Showing {
    /// Whose.
    pub(super) session: Session,
    /// Where it is.
    pub(super) keys: RoutingKeys,
    /// What.
    pub(super) state: State,
    /// When it was heard.
    pub(super) seen: DateTime<Utc>,
}

/// There are as many as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

impl Own {
    /// Nobody.
    pub(super) fn new(edge: Uuid) -> Self {
        Self {
            edge,
            number: 0,
            rev: 0,
            people: BTreeMap::new(),
            unsaid: BTreeSet::new(),
            said_at: None,
            digest_at: None,
            is_asked: false,
            answered_at: None,
        }
    }

    /// A connection more shows the session.
    pub(super) fn enter(&mut self, now: Instant, showing: Showing) -> Result<(), Full> {
        if self.people.len() >= SESSIONS_MAX && !self.people.contains_key(&showing.session) {
            return Err(Full);
        }
        let stays = self.people.get(&showing.session).map_or(0, |ours| ours.stays);
        self.put(now, showing, stays + 1);
        Ok(())
    }

    /// A connection that shows the session shows something else. One that ended is not brought back.
    pub(super) fn show(&mut self, now: Instant, showing: Showing) {
        if let Some(stays) = self.people.get(&showing.session).map(|ours| ours.stays) {
            self.put(now, showing, stays);
        }
    }

    fn put(&mut self, now: Instant, showing: Showing, stays: usize) {
        let Showing { session, keys, state, seen } = showing;
        let before = self.people.get(&session);
        let is_same = before.is_some_and(|ours| ours.present.state == state && ours.present.keys == keys);
        self.rev += u64::from(!is_same);
        let rev = before.filter(|_| is_same).map_or(self.rev, |ours| ours.present.rev);
        let changed_at = before.filter(|ours| is_same && ours.leaves_at.is_none()).map_or(now, |ours| ours.changed_at);
        let present = Arc::new(Present { session: session.clone(), rev, state, last_seen: seen, keys });
        if !is_same {
            self.unsaid.insert(session.clone());
        }
        self.people.insert(session, Ours { present, changed_at, stays, leaves_at: None });
    }

    /// The session was heard from.
    pub(super) fn seen(&mut self, session: &Session, seen: DateTime<Utc>) {
        if let Some(ours) = self.people.get_mut(session) {
            Arc::make_mut(&mut ours.present).last_seen = seen;
        }
    }

    /// A connection that showed the session broke. After the last one it stays for the [`GRACE`].
    pub(super) fn part(&mut self, now: Instant, session: &Session) {
        if let Some(ours) = self.people.get_mut(session) {
            ours.stays = ours.stays.saturating_sub(1);
            ours.leaves_at = (ours.stays == 0).then(|| now + GRACE);
        }
    }

    /// A connection that showed the session does so no longer. After the last one it is gone.
    pub(super) fn leave(&mut self, session: &Session) {
        if let Some(ours) = self.people.get_mut(session) {
            ours.stays = ours.stays.saturating_sub(1);
            if ours.stays == 0 {
                self.remove(session);
            }
        }
    }

    /// The session is on another edge now: it is no longer waited for here.
    pub(super) fn moved(&mut self, session: &Session) {
        if self.people.get(session).is_some_and(|ours| ours.stays == 0) {
            self.remove(session);
        }
    }

    fn remove(&mut self, session: &Session) {
        if self.people.remove(session).is_some() {
            self.unsaid.insert(session.clone());
        }
    }

    /// Another edge asks who is here. Where nobody ever was there is nothing to answer.
    pub(super) fn asked(&mut self) {
        self.is_asked |= self.number > 0 || !self.people.is_empty();
    }

    /// What the session shows here, and since when.
    pub(super) fn shown(&self, session: &Session) -> Option<(&Arc<Present>, Instant)> {
        self.people.get(session).map(|ours| (&ours.present, ours.changed_at))
    }

    /// Whether any of them has a connection.
    pub(super) fn is_connected(&self) -> bool {
        self.people.values().any(|ours| ours.stays > 0)
    }

    /// Whether nobody is here and nothing is left to be said.
    pub(super) fn is_settled(&self) -> bool {
        self.people.is_empty() && self.unsaid.is_empty() && self.digest_at.is_none()
    }

    /// Lets those go whose grace is over, and says who they are.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Session> {
        let over = self.people.iter().filter(|(_, ours)| ours.leaves_at.is_some_and(|at| at <= now));
        let over: Vec<_> = over.map(|(session, _)| session.clone()).collect();
        for session in &over {
            self.remove(session);
        }
        over
    }

    /// Asks the others who is there.
    pub(super) fn ask(&self) -> Gossip {
        Gossip { edge: self.edge, number: self.number, said: Said::Who }
    }

    /// What is due to be told the others.
    pub(super) fn say(&mut self, now: Instant) -> Vec<Gossip> {
        let mut says = Vec::new();
        if self.is_asked && self.answers_at(now) <= now {
            self.is_asked = false;
            self.answered_at = Some(now);
            self.said_at = Some(now);
            let gone =
                std::mem::take(&mut self.unsaid).into_iter().filter(|session| !self.people.contains_key(session));
            says.extend(non_empty(gone.collect()).map(Said::Gone));
            says.extend(chunks(self.people.values().map(|ours| &ours.present)));
            says.push(self.digest(now));
        }
        if self.unsaid_at(now).is_some_and(|at| at <= now) {
            self.said_at = Some(now);
            let unsaid = std::mem::take(&mut self.unsaid);
            says.extend(chunks(unsaid.iter().filter_map(|session| Some(&self.people.get(session)?.present))));
            let gone = unsaid.into_iter().filter(|session| !self.people.contains_key(session));
            says.extend(non_empty(gone.collect()).map(Said::Gone));
            self.digest_at = self.people.is_empty().then(|| now + LAST_DIGEST).or(self.digest_at);
            self.digest_at.get_or_insert(now + self.digest_gap());
        }
        if self.digest_at.is_some_and(|at| at <= now) {
            says.push(self.digest(now));
        }
        says.into_iter().map(|said| self.numbered(said)).collect()
    }

    /// When something is due to be told or somebody to go; none where that is not known yet.
    pub(super) fn wake_at(&self, now: Instant) -> Option<Instant> {
        let answer = self.is_asked.then(|| self.answers_at(now));
        let leaves = self.people.values().filter_map(|ours| ours.leaves_at).min();
        [answer, leaves, self.unsaid_at(now), self.digest_at].into_iter().flatten().min()
    }

    fn answers_at(&self, now: Instant) -> Instant {
        self.answered_at.map_or(now, |at| at + ANSWER_GAP)
    }

    fn unsaid_at(&self, now: Instant) -> Option<Instant> {
        (!self.unsaid.is_empty()).then(|| self.said_at.map_or(now, |at| at + GAP))
    }

    fn digest(&mut self, now: Instant) -> Said {
        let known = |ours: &Ours| {
            let Present { session, rev, last_seen, .. } = &*ours.present;
            Known { session: session.clone(), rev: *rev, last_seen: *last_seen }
        };
        self.digest_at = (!self.people.is_empty()).then(|| now + self.digest_gap());
        // Who was asked and has nobody says so, and is done.
        Said::Digest(self.people.values().map(known).collect())
    }

    /// No chance is at hand here: the edge's name and what it said so far will do.
    fn digest_gap(&self) -> Duration {
        let (chance, _) = self.edge.as_u64_pair();
        let chance = (chance ^ self.number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 32;
        Duration::from_millis(DIGEST_MS + chance % DIGEST_JITTER_MS)
    }

    fn numbered(&mut self, said: Said) -> Gossip {
        self.number += 1;
        Gossip { edge: self.edge, number: self.number, said }
    }
}

fn non_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// As few messages as hold them all.
fn chunks<'a>(presents: impl Iterator<Item = &'a Arc<Present>>) -> Vec<Said> {
    let (mut says, mut chunk, mut bytes) = (Vec::new(), Vec::new(), 0);
    for present in presents {
        bytes += present.state.as_str().len();
        chunk.push(present.clone());
        if bytes >= HERE_BYTES_MAX {
            says.push(Said::Here(std::mem::take(&mut chunk)));
            bytes = 0;
        }
    }
    says.extend(non_empty(chunk).map(Said::Here));
    says
}
