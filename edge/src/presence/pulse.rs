//! The pulse of this edge, and of the others: who falls silent takes their people along.

use super::living::BEAT_EVERY;
use super::rooms::{News, Rooms};
use crate::passing;
use async_nats::Message;
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use subjects::presence::{Beat, Pulse};
use subjects::subject::PULSE;
use tokio::time::{MissedTickBehavior, interval};

/// So often it is asked who fell silent.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long the end waits for the last connection, before it says farewell.
const LEAVE_WITHIN: Duration = Duration::from_secs(12);

/// Beats until asked to stop and the last connection is gone; then says farewell.
pub(super) async fn beat(rooms: Arc<Rooms>) {
    let mut line = match rooms.bus.client.subscribe(PULSE).await {
        Ok(line) => line,
        Err(error) => return tracing::warn!(%error, "the pulse of edges cannot be heard"),
    };
    let (mut beats, mut looks) = (interval(BEAT_EVERY), interval(LOOK_EVERY));
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut leaves_by = None;
    while leaves_by.is_none_or(|by| Instant::now() < by) {
        tokio::select! {
            _ = beats.tick() => say(&rooms, Beat::Alive).await,
            message = line.next() => match message {
                Some(message) => hear(&rooms, &message),
                None => return,
            },
            _ = looks.tick() => look(&rooms),
            () = rooms.stop.asked(), if leaves_by.is_none() => leaves_by = Some(Instant::now() + LEAVE_WITHIN),
        }
        if leaves_by.is_some() && rooms.are_deserted() {
            break;
        }
    }
    say(&rooms, Beat::Farewell).await;
    rooms.news.send_replace(News::Closing);
}

async fn say(rooms: &Rooms, beat: Beat) {
    passing::offer(&rooms.bus, PULSE, &Pulse { edge: rooms.edge, beat }).await;
}

fn hear(rooms: &Rooms, message: &Message) {
    match serde_json::from_slice(&message.payload) {
        Ok(pulse) => rooms.living().hear(Instant::now(), pulse),
        Err(error) => tracing::error!(%error, "a pulse cannot be read"),
    }
}

fn look(rooms: &Rooms) {
    if rooms.living().forget_dead(Instant::now()) {
        rooms.news.send_modify(|news| {
            if let News::Deaths(count) = news {
                *count += 1;
            }
        });
    }
}
