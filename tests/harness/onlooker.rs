//! Someone who watches who is on a canvas or thread, and knows only what their socket is told.

use crate::person::Person;
use crate::socket::Socket;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use subjects::event::{EventType, StreamEvent};
use subjects::presence::{Change, PresenceState, Session};

/// Someone who watches who is there.
#[derive(Debug)]
pub struct Onlooker {
    /// What they watch with.
    pub socket: Socket,
    /// Who is there, and what each session shows.
    pub there: BTreeMap<Session, Value>,
    /// What they were told, and when.
    pub told: Vec<(Instant, StreamEvent<Value>)>,
}

impl Onlooker {
    /// Watches `place`: `{"canvas_id": …}` or `{"thread_id": …}`.
    pub async fn watches(person: &Person, place: &Value) -> Self {
        let mut socket = person.opens_socket().await;
        let mut ask = place.clone();
        ask["channels"] = json!(["presence"]);
        socket.subscribes(ask).await;
        Self { socket, there: BTreeMap::new(), told: Vec::new() }
    }

    /// Watches until it is so; gives the last change that was told.
    pub async fn sees(&mut self, is_so: impl Fn(&Self) -> bool) -> &StreamEvent<Value> {
        while !is_so(self) {
            let event = self.socket.next_of(EventType::PresenceState).await;
            self.takes(event.body);
        }
        &self.told.last().expect("something was told").1
    }

    /// Watches until these people are there, and nobody else.
    pub async fn sees_people(&mut self, people: &[&Person]) {
        let people: BTreeSet<_> = people.iter().map(|person| person.user_id.clone()).collect();
        self.sees(|all| all.people() == people).await;
    }

    /// Who is there.
    pub fn people(&self) -> BTreeSet<String> {
        self.there.keys().map(|session| session.actor.actor_id.to_string()).collect()
    }

    /// What the sessions of a person show.
    pub fn shown_by(&self, person: &Person) -> Vec<&Value> {
        let theirs = self.there.iter().filter(|(session, _)| session.actor.actor_id.as_str() == person.user_id);
        theirs.map(|(_, state)| state).collect()
    }

    /// The changes of a person that were told, in order.
    pub fn changes_of(&self, person: &Person) -> Vec<Change> {
        let states = self.told.iter().map(|(_, event)| state(event));
        let theirs = states.filter(|state| state.session.actor.actor_id.as_str() == person.user_id);
        theirs.map(|state| state.change).collect()
    }

    /// A change must make sense after what was told before.
    fn takes(&mut self, event: StreamEvent<Value>) {
        assert_eq!((event.seq, &event.meta.cursor), (None, &None), "presence has no place in the log");
        let PresenceState { session, change, state, .. } = state(&event);
        let others = self.there.keys().filter(|other| other.actor == session.actor && **other != session).count();
        match state {
            Some(state) => {
                let is_first = others == 0 && !self.there.contains_key(&session);
                assert_eq!(change == Change::Joined, is_first, "{event:?}");
                self.there.insert(session, serde_json::from_str(state.as_str()).expect("JSON"));
            }
            None => {
                assert_eq!(change == Change::Left, others == 0, "{event:?}");
                assert!(self.there.remove(&session).is_some(), "{event:?}");
            }
        }
        self.told.push((Instant::now(), event));
    }
}

fn state(event: &StreamEvent<Value>) -> PresenceState {
    serde_json::from_str(&event.data.to_string()).expect("the data of presence_state")
}

impl Person {
    /// Opens a socket, of this session where one is named, and shows this at `place`.
    pub async fn shows(&self, place: &Value, session_id: &str, state: Value) -> Socket {
        let dial = self.dials().with(|ask| ask.header("x-session-id", session_id));
        let mut socket = dial.opens().await;
        socket.shows(place, state).await;
        socket
    }
}

impl Socket {
    /// Shows this at `place`; null leaves it.
    pub async fn shows(&mut self, place: &Value, state: Value) {
        let mut frame = place.clone();
        (frame["type"], frame["state"]) = (json!("presence"), state);
        let answer = self.asks(frame).await;
        assert_eq!(answer["type"], "ack", "{answer}");
    }
}
