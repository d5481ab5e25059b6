//! What readers here were told of who is there, and what they are to be told next. Pure.

use super::own::GAP;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;
use subjects::command::Actor;
use subjects::ids::SessionId;
use subjects::presence::{Change, PresenceState, Present, Session};
use subjects::routing::RoutingKeys;

/// What readers here were told.
#[derive(Debug, Default)]
pub(super) struct People {
    people: BTreeMap<Actor, Person>,
    /// Of whom there is something to tell.
    restless: BTreeSet<Actor>,
}

#[derive(Debug, Default)]
struct Person {
    /// As it is.
    there: Sessions,
    /// As it was told.
    told: Sessions,
    /// What differs, the oldest first.
    differing: VecDeque<SessionId>,
    /// When a change may be told again.
    free_at: Option<Instant>,
}

type Sessions = BTreeMap<SessionId, Arc<Present>>;

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// What happened.
    pub(super) state: PresenceState,
    /// Where.
    pub(super) keys: RoutingKeys,
}

impl People {
    /// The session is there and shows this; or is not there.
    pub(super) fn set(&mut self, session: &Session, shown: Option<Arc<Present>>) {
        let Session { actor, session_id } = session;
        let person = self.people.entry(actor.clone()).or_default();
        match shown {
            Some(present) => person.there.insert(session_id.clone(), present),
            None => person.there.remove(session_id),
        };
        person.differing.retain(|differing| differing != session_id);
        if person.differs(session_id) {
            person.differing.push_back(session_id.clone());
        }
        if !person.differing.is_empty() {
            self.restless.insert(actor.clone());
        } else if person.told.is_empty() {
            self.people.remove(actor);
        }
    }

    /// What is due to be told: who comes and goes at once, of what each shows one change within a [`GAP`].
    pub(super) fn tell(&mut self, now: Instant) -> Vec<Told> {
        let mut tells = Vec::new();
        for actor in std::mem::take(&mut self.restless) {
            let Some(person) = self.people.get_mut(&actor) else { continue };
            person.tell(now, &mut tells);
            if !person.differing.is_empty() {
                self.restless.insert(actor);
            } else if person.told.is_empty() {
                self.people.remove(&actor);
            }
        }
        tells
    }

    /// When something is due to be told.
    pub(super) fn wake_at(&self, now: Instant) -> Option<Instant> {
        self.restless
            .iter()
            .filter_map(|actor| self.people.get(actor))
            .map(|person| person.free_at.unwrap_or(now))
            .min()
    }

    /// Everybody who is there as far as readers were told: what one who comes now must hear first.
    pub(super) fn here(&self) -> Vec<Told> {
        let told = |person: &Person| {
            let changes = std::iter::once(Change::Joined).chain(std::iter::repeat(Change::Updated));
            person.told.values().zip(changes).map(|(present, change)| there(present, change)).collect::<Vec<_>>()
        };
        self.people.values().flat_map(told).collect()
    }
}

impl Person {
    fn differs(&self, session_id: &SessionId) -> bool {
        match (self.there.get(session_id), self.told.get(session_id)) {
            (Some(there), Some(told)) => there.state != told.state || there.keys != told.keys,
            (Some(_), None) | (None, Some(_)) => true,
            (None, None) => false,
        }
    }

    /// Who comes is told before who goes, so that nobody leaves who is there with another session.
    fn tell(&mut self, now: Instant, tells: &mut Vec<Told>) {
        let (mut going, mut changed) = (Vec::new(), VecDeque::new());
        for session_id in std::mem::take(&mut self.differing) {
            match (self.there.contains_key(&session_id), self.told.contains_key(&session_id)) {
                (true, true) => changed.push_back(session_id),
                (true, false) => tells.extend(self.tell_there(session_id)),
                (false, true) => going.push(session_id),
                (false, false) => {}
            }
        }
        tells.extend(going.into_iter().filter_map(|session_id| self.tell_gone(&session_id)));
        if !changed.is_empty() && self.free_at.is_none_or(|at| at <= now) {
            self.free_at = Some(now + GAP);
            tells.extend(changed.pop_front().and_then(|session_id| self.tell_there(session_id)));
        }
        self.differing = changed;
    }

    fn tell_there(&mut self, session_id: SessionId) -> Option<Told> {
        let present = self.there.get(&session_id)?.clone();
        let change = if self.told.is_empty() { Change::Joined } else { Change::Updated };
        let told = there(&present, change);
        self.told.insert(session_id, present);
        Some(told)
    }

    fn tell_gone(&mut self, session_id: &SessionId) -> Option<Told> {
        let present = self.told.remove(session_id)?;
        let change = if self.told.is_empty() { Change::Left } else { Change::Updated };
        let Present { session, last_seen, keys, .. } = &*present;
        let state = PresenceState { session: session.clone(), change, state: None, last_seen: *last_seen };
        Some(Told { state, keys: keys.clone() })
    }
}

fn there(present: &Present, change: Change) -> Told {
    let Present { session, state, last_seen, keys, .. } = present;
    let state = PresenceState { session: session.clone(), change, state: Some(state.clone()), last_seen: *last_seen };
    Told { state, keys: keys.clone() }
}
