//! Says on the bus what happened, as the apply worker does, without anything having happened: fan-out alone.

use crate::event;
use crate::world::World;
use anyhow::{Context, Result};
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::{self, message::PublishMessage};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::IntoFuture;
use std::pin::Pin;
use subjects::routing::StreamKey;
use subjects::subject::Subject;
use tokio::sync::{mpsc, oneshot};

/// Messages whose acknowledgement is awaited at once.
const IN_FLIGHT_MAX: usize = 256;

type Ack = Pin<Box<<PublishAckFuture as IntoFuture>::IntoFuture>>;

/// Publishes events of canvases, and keeps the log in step, so that a reader who fell behind finds them there.
pub(crate) struct Author {
    pub(crate) keys: Vec<StreamKey>,
    bus: jetstream::Context,
    unacknowledged: FuturesUnordered<Ack>,
    recorder: mpsc::UnboundedSender<Record>,
}

/// What the recorder is told.
enum Record {
    Event {
        stream: String,
        seq: u64,
        event: String,
    },
    /// Say when all before is in the log.
    Flush(oneshot::Sender<()>),
}

impl Author {
    /// The author of canvases on which nothing has happened.
    pub(crate) async fn new(world: &World, keys: Vec<StreamKey>) -> Result<Self> {
        let key = keys.first().context("an author of nothing")?;
        let (tenant_id, env) = (key.tenant_id.to_string(), key.env.to_string());
        let (recorder, records) = mpsc::unbounded_channel();
        tokio::spawn(record(world.postgres().await?, tenant_id, env, records));
        Ok(Self { keys, bus: world.worker_bus().await?, unacknowledged: FuturesUnordered::new(), recorder })
    }

    /// Publishes one event; the log has it a moment later.
    pub(crate) async fn publish(&mut self, key: usize, seq: u64, sent_us: u64) -> Result<()> {
        let event = self.word(key, seq, sent_us)?;
        self.record(key, seq, event.clone())?;
        self.send(key, seq, event).await
    }

    /// Publishes events of one canvas as fast as the bus takes them; the log has them before.
    pub(crate) async fn burst(&mut self, key: usize, seqs: std::ops::RangeInclusive<u64>) -> Result<()> {
        let events = seqs.map(|seq| Ok((seq, self.word(key, seq, 0)?))).collect::<Result<Vec<_>>>()?;
        for (seq, event) in &events {
            self.record(key, *seq, event.clone())?;
        }
        self.flush().await?;
        for (seq, event) in events {
            self.send(key, seq, event).await?;
        }
        Ok(())
    }

    /// Returns when the stream has acknowledged everything and the log has it.
    pub(crate) async fn settled(&mut self) -> Result<()> {
        while let Some(acknowledged) = self.unacknowledged.next().await {
            acknowledged?;
        }
        self.flush().await
    }

    fn word(&self, key: usize, seq: u64, sent_us: u64) -> Result<String> {
        Ok(serde_json::to_string(&event::commit(&self.keys[key], seq, sent_us))?)
    }

    fn record(&self, key: usize, seq: u64, event: String) -> Result<()> {
        let stream = self.keys[key].stream.to_string();
        self.recorder.send(Record::Event { stream, seq, event }).context("the recorder has ended")
    }

    async fn flush(&self) -> Result<()> {
        let (sender, flushed) = oneshot::channel();
        self.recorder.send(Record::Flush(sender)).context("the recorder has ended")?;
        flushed.await.context("the recorder has ended")
    }

    async fn send(&mut self, key: usize, seq: u64, event: String) -> Result<()> {
        let key = &self.keys[key];
        let message = PublishMessage::build().payload(event.into()).message_id(format!("{key}.{seq}"));
        let sent = self.bus.send_publish(Subject::Event(key.clone()).to_string(), message).await?;
        self.unacknowledged.push(Box::pin(sent.into_future()));
        while self.unacknowledged.len() >= IN_FLIGHT_MAX
            && let Some(acknowledged) = self.unacknowledged.next().await
        {
            acknowledged?;
        }
        Ok(())
    }
}

/// Puts events into the log, as many at a time as have gathered.
async fn record(
    client: tokio_postgres::Client,
    tenant_id: String,
    env: String,
    mut records: mpsc::UnboundedReceiver<Record>,
) -> Result<()> {
    const SQL: &str = "WITH new AS (
            INSERT INTO log (tenant_id, env, stream, seq, rev, command_id, event)
            SELECT $1, $2, stream, seq, seq, gen_random_uuid(), event::json
              FROM unnest($3::text[], $4::bigint[], $5::text[]) AS new (stream, seq, event)
            RETURNING stream, seq
        )
        INSERT INTO heads (tenant_id, env, stream, seq, rev)
        SELECT $1, $2, stream, max(seq), max(seq) FROM new GROUP BY stream
        ON CONFLICT (tenant_id, env, stream) DO UPDATE SET seq = excluded.seq, rev = excluded.rev";
    let statement = client.prepare(SQL).await?;
    let mut gathered = Vec::new();
    while records.recv_many(&mut gathered, 10_000).await > 0 {
        let (mut streams, mut seqs, mut events, mut flushes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for record in gathered.drain(..) {
            match record {
                Record::Event { stream, seq, event } => {
                    streams.push(stream);
                    seqs.push(seq as i64);
                    events.push(event);
                }
                Record::Flush(flush) => flushes.push(flush),
            }
        }
        if !seqs.is_empty() {
            client.execute(&statement, &[&tenant_id, &env, &streams, &seqs, &events]).await?;
        }
        for flush in flushes {
            let _ = flush.send(()); // Nobody waits any more when the run failed.
        }
    }
    Ok(())
}
