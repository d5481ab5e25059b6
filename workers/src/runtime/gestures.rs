//! Gestures that wait on the bus to be taken over by their session.

use crate::runtime::worker::Failure;
use crate::store::grafts::Chunk;
use anyhow::Context;
use async_nats::jetstream::stream::DirectGetErrorKind;
use bytes::Bytes;
use node::bus::Bus;
use subjects::passing::Passing;
use subjects::routing::StreamKey;
use subjects::streams::GESTURES;
use subjects::subject::Subject;

/// The most messages that are taken over at a time.
pub(crate) const CHUNKS_MAX: usize = 256;

/// Where gestures wait.
#[derive(Debug, Clone)]
pub(crate) struct Gestures {
    bus: Bus,
}

impl Gestures {
    /// On this bus.
    pub(crate) fn new(bus: Bus) -> Self {
        Self { bus }
    }

    /// The number of the canvas's last message; 0 where there is none.
    pub(crate) async fn last(&self, key: &StreamKey) -> Result<u64, Failure> {
        let stream = self.bus.jetstream.get_stream_no_info(GESTURES).await;
        let stream = stream.context("the stream of gestures").map_err(Failure::Unavailable)?;
        match stream.direct_get_last_for_subject(Subject::Gestures(key.clone()).to_string()).await {
            Ok(message) => Ok(message.sequence),
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(0),
            Err(error) => Err(Failure::Unavailable(anyhow::Error::new(error).context("gestures"))),
        }
    }

    /// Tells edges at once that the canvas's session began or ended. Who does not hear it learns it after the command.
    pub(crate) async fn changed(&self, key: &StreamKey) {
        let subject = Subject::RegistryChanged(key.clone()).to_string();
        if let Err(error) = self.bus.client.publish(subject, Bytes::new()).await {
            tracing::debug!(%error, "edges are not told of a session");
        }
    }

    /// The canvas's messages behind `after`, in order: at most [`CHUNKS_MAX`].
    pub(crate) async fn waiting(&self, key: &StreamKey, after: u64) -> Result<Vec<Chunk>, Failure> {
        let stream = self.bus.jetstream.get_stream_no_info(GESTURES).await;
        let stream = stream.context("the stream of gestures").map_err(Failure::Unavailable)?;
        let subject = Subject::Gestures(key.clone()).to_string();
        let (mut chunks, mut next) = (Vec::new(), after + 1);
        while chunks.len() < CHUNKS_MAX {
            let message = match stream.direct_get_next_for_subject(&subject, Some(next)).await {
                Ok(message) => message,
                Err(error) if error.kind() == DirectGetErrorKind::NotFound => break,
                Err(error) => return Err(Failure::Unavailable(anyhow::Error::new(error).context("gestures"))),
            };
            next = message.sequence + 1;
            chunks.push(Chunk { bus_seq: message.sequence, gestures: events(&message.payload) });
        }
        Ok(chunks)
    }
}

/// The events of a message, to the letter. What is none of ours is passed over: it was not made by an edge of this version.
fn events(payload: &[u8]) -> String {
    let passing = serde_json::from_slice::<Passing>(payload).inspect_err(|error| {
        tracing::warn!(%error, "a message of gestures is not understood");
    });
    let events = match passing {
        Ok(Passing::Events(events) | Passing::WsEvents(events)) => events,
        Err(_) => Vec::new(),
    };
    serde_json::to_string(&events).expect("what was JSON is JSON")
}
