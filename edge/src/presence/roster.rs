//! Who is on one canvas or thread, over all edges: decided from what connections here do, what other edges tell, and the
//! time. Pure.

use super::others::{Count, Others};
use super::own::{Full, Own, Showing};
use super::people::{People, Told};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::{Duration, Instant};
use subjects::presence::{Gossip, Present, Said, Session};
use uuid::Uuid;

/// The others are asked no more often.
const ASK_GAP: Duration = Duration::from_secs(1);

/// Who is on one canvas or thread.
#[derive(Debug)]
pub(super) struct Roster {
    edge: Uuid,
    own: Own,
    others: Others,
    people: People,
    /// Something was missed, or nothing is known yet.
    is_in_doubt: bool,
    asked_at: Option<Instant>,
    attendants: usize,
}

/// Whether other edges can be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hearing {
    /// As far as is known.
    Good,
    /// Nobody hears anything here.
    Deaf,
}

/// What is to be done now.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// To be told the other edges.
    pub(super) say: Vec<Gossip>,
    /// To be told readers here.
    pub(super) tell: Vec<Told>,
    /// When to look again, if nothing happens before.
    pub(super) wake_at: Option<Instant>,
}

impl Roster {
    /// Nobody is known. Asks the others.
    pub(super) fn new(edge: Uuid) -> Self {
        Self {
            edge,
            own: Own::new(edge),
            others: Others::default(),
            people: People::default(),
            is_in_doubt: true,
            asked_at: None,
            attendants: 0,
        }
    }

    /// A connection here shows a session that it did not show before.
    pub(super) fn enter(&mut self, now: Instant, showing: Showing) -> Result<(), Full> {
        let session = showing.session.clone();
        self.own.enter(now, showing)?;
        self.settle(&session);
        Ok(())
    }

    /// A connection here shows something else of its session.
    pub(super) fn show(&mut self, now: Instant, showing: Showing) {
        let session = showing.session.clone();
        self.own.show(now, showing);
        self.settle(&session);
    }

    /// The session was heard from.
    pub(super) fn seen(&mut self, session: &Session, seen: DateTime<Utc>) {
        self.own.seen(session, seen);
    }

    /// A connection here that showed the session broke: it may come back.
    pub(super) fn part(&mut self, now: Instant, session: &Session) {
        self.own.part(now, session);
    }

    /// A connection here that showed the session wants to be seen no longer.
    pub(super) fn leave(&mut self, session: &Session) {
        self.own.leave(session);
        self.settle(session);
    }

    /// One more here wants to know who is there.
    pub(super) fn attend(&mut self) {
        self.attendants += 1;
    }

    /// One who wanted to know who is there does so no longer.
    pub(super) fn turn_away(&mut self) {
        self.attendants = self.attendants.saturating_sub(1);
    }

    /// Another edge tells something.
    pub(super) fn hear(&mut self, now: Instant, gossip: Gossip) {
        let Gossip { edge, number, said } = gossip;
        if edge == self.edge {
            return;
        }
        if said == Said::Who {
            return self.own.asked();
        }
        match self.others.count(now, edge, number) {
            Count::Next => {}
            Count::Gap => self.is_in_doubt = true,
            Count::Late => return,
        }
        for session in self.take_in(now, edge, said) {
            self.settle(&session);
        }
    }

    /// Who is different now.
    fn take_in(&mut self, now: Instant, edge: Uuid, said: Said) -> Vec<Session> {
        match said {
            Said::Here(presents) => {
                let changed = self.others.here(now, edge, presents);
                changed.iter().for_each(|session| self.own.moved(session));
                changed
            }
            Said::Gone(sessions) => self.others.gone(edge, sessions),
            Said::Digest(known) => {
                let (gone, is_in_doubt) = self.others.digest(now, edge, known);
                self.is_in_doubt |= is_in_doubt;
                gone
            }
            Said::Who => Vec::new(),
        }
    }

    /// Only these edges live: the others take their people along.
    pub(super) fn keep(&mut self, is_alive: impl Fn(Uuid) -> bool) {
        self.lose(self.others.edges().filter(|edge| !is_alive(*edge)).collect());
    }

    fn lose(&mut self, edges: Vec<Uuid>) {
        for session in edges.into_iter().flat_map(|edge| self.others.lose(edge)).collect::<Vec<_>>() {
            self.settle(&session);
        }
    }

    /// What is to be done now; `hearing` tells whether others can be heard at all.
    pub(super) fn turn(&mut self, now: Instant, hearing: Hearing) -> Turn {
        for session in self.own.expire(now) {
            self.settle(&session);
        }
        match hearing {
            Hearing::Good => self.lose(self.others.silent(now)),
            Hearing::Deaf => self.others.excuse(now),
        }
        self.is_in_doubt |= self.others.is_doubtful(now);
        let mut say = Vec::new();
        if self.is_in_doubt && self.asks_at(now) <= now {
            self.is_in_doubt = false;
            self.asked_at = Some(now);
            say.push(self.own.ask());
        }
        say.extend(self.own.say(now));
        let tell = self.people.tell(now);
        Turn { say, tell, wake_at: self.wake_at(now) }
    }

    fn wake_at(&self, now: Instant) -> Option<Instant> {
        let ask = self.is_in_doubt.then(|| self.asks_at(now));
        // Who is in doubt asks again, for as long as it is.
        let doubt = self.others.wake_at().map(|at| at.max(self.asks_at(now)));
        [ask, doubt, self.own.wake_at(now), self.people.wake_at(now)].into_iter().flatten().min()
    }

    fn asks_at(&self, now: Instant) -> Instant {
        self.asked_at.map_or(now, |at| at + ASK_GAP)
    }

    /// Everybody who is there, for a reader who comes now.
    pub(super) fn here(&self) -> Vec<Told> {
        let mut here = self.people.here();
        for Told { state, .. } in &mut here {
            state.last_seen = self.shown(&state.session).map_or(state.last_seen, |present| present.last_seen);
        }
        here
    }

    /// Whether anybody here has a connection.
    pub(super) fn is_connected(&self) -> bool {
        self.own.is_connected()
    }

    /// Whether nobody here is present or wants to know who is.
    pub(super) fn is_idle(&self) -> bool {
        self.attendants == 0 && self.own.is_settled()
    }

    fn settle(&mut self, session: &Session) {
        let shown = self.shown(session).cloned();
        self.people.set(session, shown);
    }

    /// What the session shows, by whoever told last.
    fn shown(&self, session: &Session) -> Option<&Arc<Present>> {
        let shown = [self.own.shown(session), self.others.shown(session)].into_iter().flatten();
        shown.max_by_key(|(_, since)| *since).map(|(present, _)| present)
    }
}
