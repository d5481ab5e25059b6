//! How what a worker did reaches the bus.

use crate::runtime::worker::{Logged, Notice};
use async_nats::HeaderMap;
use async_nats::jetstream::context::PublishError;
use async_nats::jetstream::message::PublishMessage;
use backon::{ConstantBuilder, Retryable};
use bytes::Bytes;
use futures_util::future::join_all;
use node::bus::Bus;
use std::time::Duration;
use subjects::limits::MESSAGE_BYTES_MAX;
use subjects::subject::{Subject, header};
use subjects::trace::TraceParent;

/// How long a message is offered to JetStream: a leader that was killed hard is missed for about 5 seconds.
const OFFER_SECS: u64 = 10;
const OFFER_PAUSE_MS: u64 = 200;

/// A message for JetStream. Offered again with the same id, it is stored once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    /// Where it goes.
    pub(crate) subject: Subject,
    /// `Nats-Msg-Id`.
    pub(crate) message_id: String,
    /// Its headers beside the id.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Its body.
    pub(crate) body: Bytes,
}

/// All that is sent because of one delivery.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// Into the event streams.
    pub(crate) packets: Vec<Packet>,
    /// Where the answer is awaited, and the answer.
    pub(crate) answer: Option<(String, Bytes)>,
    /// To whoever listens.
    pub(crate) notices: Vec<Notice>,
}

/// JetStream did not take a message in time. It may have stored it anyway.
#[derive(Debug, thiserror::Error)]
#[error("JetStream did not acknowledge within {OFFER_SECS} s")]
pub(crate) struct Unsent;

/// Sends everything. Returns when JetStream has stored the events; the answer does not wait for that.
pub(crate) async fn send(bus: &Bus, outgoing: Outgoing) -> Result<(), Unsent> {
    let sending = async {
        let first = join_all(outgoing.packets.iter().map(|packet| offer(bus, packet))).await;
        speak(bus, outgoing.notices, outgoing.answer).await;
        for (packet, ack) in outgoing.packets.iter().zip(first) {
            let is_stored = match ack {
                Ok(ack) => ack.await.is_ok(),
                Err(_) => false,
            };
            if !is_stored {
                store(bus, packet).await;
            }
        }
    };
    within_limit(sending).await
}

/// Offers a message to JetStream until it is stored.
pub(crate) async fn send_one(bus: &Bus, packet: &Packet) -> Result<(), Unsent> {
    within_limit(store(bus, packet)).await
}

async fn within_limit(sending: impl Future<Output = ()>) -> Result<(), Unsent> {
    tokio::time::timeout(Duration::from_secs(OFFER_SECS), sending).await.map_err(|_| Unsent)
}

async fn offer(bus: &Bus, packet: &Packet) -> Result<async_nats::jetstream::context::PublishAckFuture, PublishError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &packet.headers {
        headers.insert(*name, value.as_str());
    }
    let message = PublishMessage::build().headers(headers).payload(packet.body.clone()).message_id(&packet.message_id);
    bus.jetstream.send_publish(packet.subject.to_string(), message).await
}

async fn store(bus: &Bus, packet: &Packet) {
    let stored = || async { offer(bus, packet).await?.await };
    let pauses = ConstantBuilder::new().with_delay(Duration::from_millis(OFFER_PAUSE_MS)).without_max_times();
    let unseen =
        |error: &PublishError, _| tracing::debug!(%error, subject = %packet.subject, "JetStream did not store it yet");
    // Ends when it is stored, or by the limit of whoever called.
    let _ = stored.retry(pauses).notify(unseen).await;
}

/// Core NATS: nobody confirms it. An edge that hears no answer asks the database. Who is answered finds that whoever
/// listens was told before.
async fn speak(bus: &Bus, notices: Vec<Notice>, answer: Option<(String, Bytes)>) {
    for Notice { subject, body } in notices {
        if let Err(error) = bus.client.publish(subject.to_string(), body).await {
            tracing::warn!(%error, %subject, "a notice was not sent");
        }
    }
    if let Some((reply_to, body)) = answer
        && let Err(error) = bus.client.publish(reply_to, body).await
    {
        tracing::warn!(%error, "an answer was not sent");
    }
}

/// The events of one transaction as few messages: one event to a line. The same events always make the same
/// messages with the same ids.
pub(crate) fn pack(events: &[Logged], trace: &TraceParent) -> Vec<Packet> {
    let mut packets = Vec::new();
    let mut rest = events;
    while !rest.is_empty() {
        let (first, later) = rest.split_at(fitting(rest));
        packets.push(packet(first, trace));
        rest = later;
    }
    packets
}

/// How many of the events fit one message: those of one log, without holes, up to the size of a message.
fn fitting(events: &[Logged]) -> usize {
    let mut bytes = events[0].json.len();
    let follows = |pair: &&[Logged]| {
        bytes += 1 + pair[1].json.len();
        pair[0].key == pair[1].key && pair[0].seq + 1 == pair[1].seq && bytes <= MESSAGE_BYTES_MAX
    };
    1 + events.windows(2).take_while(follows).count()
}

fn packet(events: &[Logged], trace: &TraceParent) -> Packet {
    let (first, last) = (&events[0], &events[events.len() - 1]);
    let lines: Vec<&str> = events.iter().map(|event| event.json.as_str()).collect();
    Packet {
        subject: Subject::Event(first.key.clone()),
        message_id: format!("{}:{}-{}", first.key, first.seq, last.seq),
        headers: vec![(header::TRACEPARENT, trace.to_string())],
        body: lines.join("\n").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(canvas: &str, seq: u64, bytes: usize) -> Logged {
        let key = format!("t_acme.dev.canvas.{canvas}").parse().unwrap();
        Logged { key, seq, json: "x".repeat(bytes) }
    }

    #[test]
    fn events_travel_together_as_far_as_they_may() {
        let trace = TraceParent { trace_id: 1, span_id: 2, sampled: false };
        let check = |events: &[Logged], expected: &[(&str, usize)]| {
            let packets = pack(events, &trace);
            let seen: Vec<_> = packets.iter().map(|it| (it.message_id.as_str(), it.body.len())).collect();
            assert_eq!(seen, expected);
        };
        check(&[], &[]);
        check(&[event("c1", 7, 10)], &[("t_acme.dev.canvas.c1:7-7", 10)]);
        check(&[event("c1", 7, 10), event("c1", 8, 10)], &[("t_acme.dev.canvas.c1:7-8", 21)]);
        check(
            &[event("c1", 7, 10), event("c1", 9, 10)],
            &[("t_acme.dev.canvas.c1:7-7", 10), ("t_acme.dev.canvas.c1:9-9", 10)],
        );
        check(
            &[event("c1", 7, 10), event("c2", 8, 10)],
            &[("t_acme.dev.canvas.c1:7-7", 10), ("t_acme.dev.canvas.c2:8-8", 10)],
        );
        let half = MESSAGE_BYTES_MAX / 2;
        check(
            &[event("c1", 1, half), event("c1", 2, half - 1), event("c1", 3, 1)],
            &[("t_acme.dev.canvas.c1:1-2", MESSAGE_BYTES_MAX), ("t_acme.dev.canvas.c1:3-3", 1)],
        );
        check(
            &[event("c1", 1, half), event("c1", 2, half)],
            &[("t_acme.dev.canvas.c1:1-1", half), ("t_acme.dev.canvas.c1:2-2", half)],
        );
    }
}
