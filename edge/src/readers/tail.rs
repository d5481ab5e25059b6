//! Reads from the event stream: the hot tail of the log, without a consumer.

use super::epoch::Epochs;
use super::frame::{Frame, Seals};
use async_nats::{HeaderMap, Message, Subscriber, header};
use futures_util::StreamExt;
use node::bus::Bus;
use serde::Serialize;
use std::time::Duration;
use subjects::cursor::BusPlace;
use subjects::streams;
use subjects::subject::{Subject, shard};

/// How long one read may take.
const READ_MS: u64 = 1_000;
/// The most messages of one read.
const MESSAGES_MAX: usize = 1_000;
/// How far behind the stream's head a read may begin. From farther away, a sparse subject stalls the whole stream.
const DISTANCE_MAX: u64 = 100_000;
const END_OF_BATCH: u16 = 204;

/// A direct get of JetStream.
#[derive(Default, Serialize)]
struct DirectGet {
    #[serde(skip_serializing_if = "Option::is_none")]
    last_by_subj: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_by_subj: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bytes: Option<usize>,
}

/// The last message of a log on the bus.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Last {
    /// Its sequence.
    pub(crate) sequence: u64,
    /// The last event in it.
    pub(crate) seq: u64,
}

/// The log's last message, if the bus has one and says so in time. Once it answered, it has also taken in every
/// subscription that was made before on this connection.
pub(crate) async fn last(bus: &Bus, seals: &Seals) -> Option<Last> {
    let ask =
        DirectGet { last_by_subj: Some(Subject::Event(seals.stream.clone()).to_string()), ..DirectGet::default() };
    let body = serde_json::to_vec(&ask).ok()?;
    let answer = bus.client.request(api(seals), body.into());
    let message = tokio::time::timeout(Duration::from_millis(READ_MS), answer).await;
    let message = message.ok()?.ok()?;
    let line = text(&message)?.lines().last()?;
    Some(Last { sequence: sequence(message.headers.as_ref()?)?, seq: Frame::new(line, seals, None).ok()?.seq })
}

/// The events from `place` on up to about `bytes_max`, in the order of the bus; none if they cannot be had cheaply. A
/// message holds several events: the first ones may lie before the place. The caller checks what it got.
pub(crate) async fn from(
    bus: &Bus,
    seals: &Seals,
    epochs: &Epochs,
    place: BusPlace,
    bytes_max: usize,
) -> Option<Vec<Frame>> {
    let distance = epochs.distance(&seals.stream, place)?;
    if !bus.is_connected() || distance > DISTANCE_MAX {
        return None;
    }
    let read = read(bus, seals, epochs, place, bytes_max);
    tokio::time::timeout(Duration::from_millis(READ_MS), read).await.ok()?
}

async fn read(bus: &Bus, seals: &Seals, epochs: &Epochs, place: BusPlace, bytes_max: usize) -> Option<Vec<Frame>> {
    let ask = DirectGet {
        next_by_subj: Some(Subject::Event(seals.stream.clone()).to_string()),
        seq: Some(place.sequence),
        batch: Some(MESSAGES_MAX),
        max_bytes: Some(bytes_max),
        ..DirectGet::default()
    };
    let inbox = bus.client.new_inbox();
    let mut answers = bus.client.subscribe(inbox.clone()).await.ok()?;
    let body = serde_json::to_vec(&ask).ok()?;
    let asked = bus.client.publish_with_reply(api(seals), inbox, body.into());
    asked.await.ok()?;
    gather(&mut answers, seals, epochs).await
}

async fn gather(answers: &mut Subscriber, seals: &Seals, epochs: &Epochs) -> Option<Vec<Frame>> {
    let mut frames = Vec::new();
    while let Some(message) = answers.next().await {
        match message.status {
            None => frames.extend(framed(&message, seals, epochs)?),
            Some(status) => return (status == END_OF_BATCH).then_some(frames),
        }
    }
    None
}

/// Every event of a message, with its place.
pub(crate) fn framed(message: &Message, seals: &Seals, epochs: &Epochs) -> Option<Vec<Frame>> {
    let sequence = message.headers.as_ref().and_then(sequence);
    let place = sequence.and_then(|sequence| epochs.place(&seals.stream, sequence));
    let frame = |line| match Frame::new(line, seals, place) {
        Ok(frame) => Some(frame),
        Err(error) => {
            tracing::error!(%error, subject = %message.subject, "an event cannot be read");
            None
        }
    };
    text(message)?.lines().map(frame).collect()
}

fn api(seals: &Seals) -> String {
    streams::direct_get(shard(&seals.stream.tenant_id))
}

fn text(message: &Message) -> Option<&str> {
    std::str::from_utf8(&message.payload).ok()
}

fn sequence(headers: &HeaderMap) -> Option<u64> {
    headers.get_last(header::NATS_SEQUENCE)?.as_str().parse().ok()
}
