//! The rooms of this edge: one for each canvas or thread where somebody is present through it, or wants to know who is.

use super::event::event;
use super::living::Living;
use super::own::{Full, Showing};
use super::room::{self, Room};
use super::roster::Roster;
use super::{own, pulse};
use crate::error::ApiError;
use chrono::Utc;
use node::bus::Bus;
use node::stop::Stop;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use subjects::code::Code;
use subjects::event::RawEvent;
use subjects::presence::Session;
use subjects::routing::StreamKey;
use tokio::sync::watch;
use uuid::Uuid;

/// Hands events to the readers here of a canvas or thread. Must not block.
pub type Tell = Box<dyn Fn(&StreamKey, Vec<RawEvent>) + Send + Sync>;

/// Who is where. Clones share it.
#[derive(Debug, Clone)]
pub struct Presence {
    rooms: Arc<Rooms>,
}

/// The rooms, and what they work with.
pub(super) struct Rooms {
    /// This run of the edge.
    pub(super) edge: Uuid,
    pub(super) bus: Bus,
    pub(super) stop: Stop,
    /// What all rooms are told.
    pub(super) news: watch::Sender<News>,
    tell: Tell,
    living: Mutex<Living>,
    rooms: Mutex<HashMap<StreamKey, Arc<Room>>>,
}

/// What all rooms are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// So many times some edge was found dead.
    Deaths(u64),
    /// This edge ends.
    Closing,
}

/// Keeps it known who is on a canvas or thread, for as long as it lives.
#[derive(Debug)]
pub struct Attendance {
    presence: Presence,
    stream: StreamKey,
}

impl Presence {
    /// Nobody is anywhere. What changes is handed to `tell`.
    pub fn start(bus: Bus, tell: Tell, stop: &Stop) -> Self {
        let edge = Uuid::now_v7();
        let rooms = Rooms {
            edge,
            bus,
            stop: stop.clone(),
            news: watch::Sender::new(News::Deaths(0)),
            tell,
            living: Mutex::new(Living::new(edge)),
            rooms: Mutex::default(),
        };
        let rooms = Arc::new(rooms);
        stop.spawn(pulse::beat(rooms.clone()));
        Self { rooms }
    }

    /// From now on, who is there is known here, or will be in a moment; what changes is told.
    pub fn attend(&self, stream: &StreamKey) -> Attendance {
        self.rooms.in_room(stream, Roster::attend);
        Attendance { presence: self.clone(), stream: stream.clone() }
    }

    /// A connection more shows the session.
    pub(super) fn enter(&self, stream: &StreamKey, showing: Showing) -> Result<(), ApiError> {
        let entered = self.rooms.in_room(stream, |roster| roster.enter(Instant::now(), showing));
        entered.map_err(|Full| full())
    }

    /// A connection shows something else of its session.
    pub(super) fn show(&self, stream: &StreamKey, showing: Showing) {
        self.rooms.in_room(stream, |roster| roster.show(Instant::now(), showing));
    }

    /// A connection heard from its session.
    pub(super) fn seen(&self, stream: &StreamKey, session: &Session) {
        if let Some(room) = self.rooms.lock().get(stream) {
            room.roster().seen(session, Utc::now());
        }
    }

    /// A connection that showed the session broke.
    pub(super) fn part(&self, stream: &StreamKey, session: &Session) {
        self.rooms.in_room(stream, |roster| roster.part(Instant::now(), session));
    }

    /// A connection shows the session no longer.
    pub(super) fn leave(&self, stream: &StreamKey, session: &Session) {
        self.rooms.in_room(stream, |roster| roster.leave(session));
    }
}

impl Attendance {
    /// Everybody who is there, as it was told so far: what a reader hears first who comes now. What is told afterwards
    /// may repeat some of it.
    pub fn here(&self) -> Vec<RawEvent> {
        let room = self.presence.rooms.lock().get(&self.stream).cloned();
        let here = room.map(|room| room.roster().here()).unwrap_or_default();
        here.iter().filter_map(|told| event(&self.stream, told)).collect()
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.presence.rooms.in_room(&self.stream, Roster::turn_away);
    }
}

impl Rooms {
    /// Does something in the room of a canvas or thread, which is opened where it is not, and has it acted on.
    fn in_room<T>(self: &Arc<Self>, stream: &StreamKey, work: impl FnOnce(&mut Roster) -> T) -> T {
        // Held until the work is done, so that the room is not closed before.
        let mut rooms = self.lock();
        let room = rooms.entry(stream.clone()).or_insert_with(|| {
            let room = Arc::new(Room::new(stream.clone(), self.edge));
            self.stop.spawn(room::run(self.clone(), room.clone()));
            room
        });
        let done = work(&mut room.roster());
        room.wake();
        done
    }

    /// Closes the room, unless somebody is there.
    pub(super) fn close_idle(&self, room: &Room) -> bool {
        let mut rooms = self.lock();
        let is_idle = room.roster().is_idle();
        if is_idle {
            rooms.remove(&room.stream);
        }
        is_idle
    }

    /// Whether no connection here shows anything any more.
    pub(super) fn are_deserted(&self) -> bool {
        !self.lock().values().any(|room| room.roster().is_connected())
    }

    /// Hands events to the readers here.
    pub(super) fn tell(&self, stream: &StreamKey, tells: &[super::people::Told]) {
        let events: Vec<_> = tells.iter().filter_map(|told| event(stream, told)).collect();
        if !events.is_empty() {
            (self.tell)(stream, events);
        }
    }

    /// Which edges live. Held for a moment only, never across an await.
    pub(super) fn living(&self) -> MutexGuard<'_, Living> {
        self.living.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StreamKey, Arc<Room>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn full() -> ApiError {
    let detail = format!("At most {} sessions may be present here through one node.", own::SESSIONS_MAX);
    ApiError::new(Code::RateLimited, detail).with("limit", "sessions").retry_after(1)
}

impl fmt::Debug for Rooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rooms").field("edge", &self.edge).finish_non_exhaustive()
    }
}
