//! The task of one canvas or thread where somebody is present: hears the other edges, tells them, tells the readers here.

use super::rooms::{News, Rooms};
use super::roster::{Roster, Turn};
use crate::passing;
use async_nats::{Message, Subscriber};
use futures_util::{FutureExt, StreamExt};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subjects::presence::Gossip;
use subjects::routing::StreamKey;
use subjects::subject::Subject;
use tokio::sync::{Notify, watch};
use tokio::time::sleep_until;
use uuid::Uuid;

/// What is taken in before it is acted on.
const GATHER_MAX: usize = 64;
/// A room where nothing is due looks again by itself, to be sure.
const LOOK_AT_LEAST: Duration = Duration::from_secs(60);

/// One canvas or thread where somebody is present, or wants to know who is.
#[derive(Debug)]
pub(super) struct Room {
    /// Which.
    pub(super) stream: StreamKey,
    roster: Mutex<Roster>,
    changed: Notify,
}

impl Room {
    /// Nobody is known to be there.
    pub(super) fn new(stream: StreamKey, edge: Uuid) -> Self {
        Self { stream, roster: Mutex::new(Roster::new(edge)), changed: Notify::new() }
    }

    /// Who is there. Held for a moment only, never across an await.
    pub(super) fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something changed that is to be acted on.
    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }
}

/// Until nobody is present any more and nobody wants to know, or this edge ends.
pub(super) async fn run(rooms: Arc<Rooms>, room: Arc<Room>) {
    let news = rooms.news.subscribe();
    let line = rooms.bus.client.subscribe(Subject::Presence(room.stream.clone()).to_string()).await;
    match line {
        Ok(line) => Open { rooms, room, line, news }.run().await,
        // Only where this process has let go of the bus.
        Err(error) => tracing::warn!(%error, "presence cannot be heard"),
    }
}

struct Open {
    rooms: Arc<Rooms>,
    room: Arc<Room>,
    line: Subscriber,
    news: watch::Receiver<News>,
}

impl Open {
    async fn run(mut self) {
        while *self.news.borrow() != News::Closing {
            let now = Instant::now();
            let hearing = self.rooms.living().hearing(now);
            let turn = self.room.roster().turn(now, hearing);
            let wake_at = turn.wake_at.unwrap_or_else(|| Instant::now() + LOOK_AT_LEAST);
            self.act(turn).await;
            if self.rooms.close_idle(&self.room) || self.wait(wake_at).await.is_break() {
                return;
            }
        }
    }

    async fn act(&self, turn: Turn) {
        self.rooms.tell(&self.room.stream, &turn.tell);
        for gossip in turn.say {
            // What is not heard shows as a missing number, or in the next digest.
            passing::offer(&self.rooms.bus, Subject::Presence(self.room.stream.clone()), &gossip).await;
        }
    }

    async fn wait(&mut self, wake_at: Instant) -> ControlFlow<()> {
        tokio::select! {
            message = self.line.next() => match message {
                Some(message) => self.gather(message),
                None => return ControlFlow::Break(()),
            },
            () = self.room.changed.notified() => {}
            _ = self.news.changed() => return self.learn(),
            () = sleep_until(wake_at.into()) => {}
        }
        ControlFlow::Continue(())
    }

    /// Takes in the message and what else is there.
    fn gather(&mut self, message: Message) {
        let mut next = Some(message);
        for _ in 0..GATHER_MAX {
            let Some(message) = next else { return };
            self.hear(&message);
            next = self.line.next().now_or_never().flatten();
        }
        // The last one was taken and is not lost.
        if let Some(message) = next {
            self.hear(&message);
        }
    }

    fn hear(&self, message: &Message) {
        let now = Instant::now();
        match serde_json::from_slice::<Gossip>(&message.payload) {
            Ok(gossip) => {
                if gossip.edge != self.rooms.edge {
                    self.rooms.living().meet(now, gossip.edge);
                }
                self.room.roster().hear(now, gossip);
            }
            Err(error) => tracing::error!(%error, subject = %message.subject, "a gossip cannot be read"),
        }
    }

    fn learn(&mut self) -> ControlFlow<()> {
        match *self.news.borrow_and_update() {
            News::Deaths(_) => {
                let living = self.rooms.living();
                self.room.roster().keep(|edge| living.is_alive(edge));
                ControlFlow::Continue(())
            }
            News::Closing => ControlFlow::Break(()),
        }
    }
}
