//! Publishing into JetStream until it is taken, or it is plain that it will not be.

use crate::error::ApiError;
use async_nats::jetstream;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use node::bus::Bus;
use std::error::Error;
use std::time::Duration;
use subjects::code::Code;
use subjects::subject::{Subject, header};
use subjects::trace::TraceParent;
use tokio::time::Instant;
use uuid::Uuid;

/// A message to the workers.
#[derive(Debug)]
pub struct Letter<'a> {
    /// Where it goes.
    pub subject: &'a Subject,
    /// What it says.
    pub body: Bytes,
    /// The span that caused it.
    pub trace: TraceParent,
}

/// The bus did not take it, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untaken {
    /// There is no connection to the bus: it was not even sent.
    #[error("no connection to the bus")]
    Disconnected,
    /// It was sent, and nothing was acknowledged.
    #[error("the bus does not acknowledge")]
    Silent,
    /// The bus holds all that it may hold.
    #[error("the bus is full")]
    Full,
    /// The message is larger than the bus takes.
    #[error("the message is too large for the bus")]
    TooLarge,
}

impl From<Untaken> for ApiError {
    fn from(untaken: Untaken) -> Self {
        metrics::counter!("northstar_bus_untaken_total").increment(1);
        match untaken {
            Untaken::TooLarge => ApiError::new(Code::BodyTooLarge, "This does not fit into one message."),
            Untaken::Disconnected | Untaken::Full => {
                let detail = format!("Nothing was accepted: {untaken}. Send it again.");
                ApiError::new(Code::BusUnavailable, detail).retry_after(RETRY_AFTER_SECS)
            }
            Untaken::Silent => {
                let detail = "The bus did not acknowledge it, so count it as not accepted. Send it again with the same \
                    idempotency_key: should the bus have it after all, it still happens once.";
                ApiError::new(Code::BusUnavailable, detail).retry_after(RETRY_AFTER_SECS)
            }
        }
    }
}

const RETRY_AFTER_SECS: u64 = 2;
/// A leader that is killed leaves JetStream without one for about 5 s.
const TAKEN_MS_MAX: u64 = 10_000;
/// A connection that is plainly gone is not waited for as long as a leader.
const CONNECTED_MS_MAX: u64 = 2_200;
/// Nor is one that went while an acknowledgement was awaited, which took its time already.
const RECONNECTED_MS_MAX: u64 = 300;
const RETRY_MS: u64 = 100;

/// Publishes until JetStream acknowledges; each time with the same message id, so that it is kept once.
pub(super) async fn until_taken(bus: &Bus, letter: Letter<'_>, reply_to: Option<String>) -> Result<(), Untaken> {
    let subject = letter.subject.to_string();
    let mut message = PublishMessage::build()
        .payload(letter.body)
        .message_id(Uuid::now_v7().to_string())
        .header(header::TRACEPARENT, letter.trace.to_string());
    if let Some(reply_to) = reply_to {
        message = message.header(header::REPLY_TO, reply_to);
    }
    let deadline = Instant::now() + Duration::from_millis(TAKEN_MS_MAX);
    connected(bus, Instant::now() + Duration::from_millis(CONNECTED_MS_MAX)).await?;
    loop {
        match once(&bus.jetstream, &subject, message.clone()).await {
            Ok(()) => return Ok(()),
            Err(error) => give_up(&error, deadline)?,
        }
        tokio::time::sleep(Duration::from_millis(RETRY_MS)).await;
        let patience = Instant::now() + Duration::from_millis(RECONNECTED_MS_MAX);
        connected(bus, patience).await.map_err(|_| Untaken::Silent)?;
    }
}

/// Returns when there is a connection.
async fn connected(bus: &Bus, deadline: Instant) -> Result<(), Untaken> {
    let mut disturbances = bus.disturbances();
    while !bus.is_connected() {
        match tokio::time::timeout_at(deadline, disturbances.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(Untaken::Disconnected),
        }
    }
    Ok(())
}

async fn once(jetstream: &jetstream::Context, subject: &str, message: PublishMessage) -> Result<(), PublishError> {
    jetstream.send_publish(subject.to_owned(), message).await?.await.map(drop)
}

/// Whether it is of no use to go on.
fn give_up(error: &PublishError, deadline: Instant) -> Result<(), Untaken> {
    tracing::debug!(%error, "not taken yet");
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => Err(Untaken::TooLarge),
        PublishErrorKind::Other if is_full(error) => Err(Untaken::Full),
        _ if Instant::now() >= deadline => Err(Untaken::Silent),
        _ => Ok(()),
    }
}

fn is_full(error: &PublishError) -> bool {
    let said = error.source().and_then(|source| source.downcast_ref::<jetstream::Error>());
    said.is_some_and(|said| said.error_code() == jetstream::ErrorCode::STREAM_STORE_FAILED)
}
