//! One consumer: its messages are taken one at a time, and settled here.

use crate::runtime::Runtime;
use crate::runtime::deliver;
use crate::runtime::worker::Worker;
use async_nats::jetstream::consumer::{Consumer, pull};
use async_nats::jetstream::{AckKind, Message};
use futures_util::{FutureExt, StreamExt};
use std::pin::pin;
use std::time::Duration;
use subjects::streams::{ACK_WAIT_MS, ConsumerSpec};
use subjects::subject::header;
use tracing::Instrument;

/// How long one request for a message stands. It is renewed.
const PULL_SECS: u64 = 30;
const HEARTBEAT_SECS: u64 = 10;
const PAUSE_MS: u64 = 250;
/// A message is ours for [`ACK_WAIT_MS`] after each word about it.
const PROGRESS_MS: u64 = ACK_WAIT_MS / 3;

/// Takes the consumer's messages until stop is asked.
pub(crate) async fn run<W: Worker>(runtime: &Runtime, worker: &W, spec: &ConsumerSpec) {
    while !runtime.stop.is_asked() {
        if let Err(error) = pull(runtime, worker, spec).await {
            tracing::debug!(consumer = spec.durable, error = %format!("{error:#}"), "the consumer cannot be pulled");
            let pause = tokio::time::sleep(Duration::from_millis(PAUSE_MS));
            tokio::select! { () = pause => {}, () = runtime.stop.asked() => {} }
        }
    }
}

/// Takes messages until stop is asked or the connection was disturbed: after that the server may have forgotten
/// what it was asked for.
async fn pull<W: Worker>(runtime: &Runtime, worker: &W, spec: &ConsumerSpec) -> anyhow::Result<()> {
    let mut disturbances = runtime.bus.disturbances();
    disturbances.borrow_and_update();
    let mut messages = open(runtime, spec).await?;
    let ended = loop {
        let next = tokio::select! {
            biased;
            () = runtime.stop.asked() => break Ok(()),
            _ = disturbances.changed() => break Ok(()),
            next = messages.next() => next,
        };
        match next {
            Some(Ok(message)) => take(runtime, worker, message).await,
            Some(Err(error)) => break Err(error.into()),
            None => break Err(anyhow::anyhow!("the consumer ended")),
        }
    };
    hand_back(messages).await;
    ended
}

/// One message at a time: nothing is asked for while one is worked on.
async fn open(runtime: &Runtime, spec: &ConsumerSpec) -> anyhow::Result<pull::Stream> {
    let stream = runtime.bus.jetstream.get_stream_no_info(&spec.stream).await?;
    let consumer: Consumer<pull::Config> =
        stream.get_consumer(&spec.durable).await.map_err(|error| anyhow::anyhow!(error))?;
    let messages = consumer
        .stream()
        .max_messages_per_batch(1)
        .expires(Duration::from_secs(PULL_SECS))
        .heartbeat(Duration::from_secs(HEARTBEAT_SECS));
    Ok(messages.messages().await?)
}

/// What came after we stopped asking is for another worker.
async fn hand_back(mut messages: pull::Stream) {
    while let Some(Some(Ok(message))) = messages.next().now_or_never() {
        settle(&message, AckKind::Nak(None)).await;
    }
}

async fn take<W: Worker>(runtime: &Runtime, worker: &W, message: Message) {
    let span = tracing::info_span!("delivery", role = W::ROLE, subject = %message.subject);
    let trace = message.headers.as_ref().and_then(|headers| headers.get(header::TRACEPARENT));
    if let Some(Ok(parent)) = trace.map(|trace| trace.as_str().parse()) {
        node::telemetry::set_parent(&span, &parent);
    }
    let work = deliver::deliver(runtime, worker, &message).instrument(span);
    let settlement = keeping(&message, work).await;
    settle(&message, settlement).await;
}

/// Keeps the message ours for as long as the work takes.
async fn keeping<T>(message: &Message, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        let progress = tokio::time::sleep(Duration::from_millis(PROGRESS_MS));
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = progress => settle(message, AckKind::Progress).await,
        }
    }
}

async fn settle(message: &Message, kind: AckKind) {
    if let Err(error) = message.ack_with(kind).await {
        tracing::debug!(%error, "a settlement was not sent; the message comes again");
    }
}
