//! Says on the bus what happened, as the apply worker does, without anything having happened: fan-out alone.

use crate::event;
use crate::world::World;
use anyhow::{Context, Result};
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::{self, message::PublishMessage};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::IntoFuture;
use std::ops::RangeInclusive;
use std::pin::Pin;
use subjects::routing::StreamKey;
use subjects::subject::Subject;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, Statement};

/// Messages whose acknowledgement is awaited at once.
const IN_FLIGHT_MAX: usize = 256;
/// Events that go into the log at once.
const GATHERED_MAX: usize = 10_000;

type Ack = Pin<Box<<PublishAckFuture as IntoFuture>::IntoFuture>>;

/// Publishes events of canvases. As a worker it says nothing that is not in the log: an edge that compares the two would
/// take it for a log that was restored, and reset its readers.
pub(crate) struct Author {
    pub(crate) keys: Vec<StreamKey>,
    hand: mpsc::UnboundedSender<Order>,
}

/// What the hand is told.
enum Order {
    Say(Said),
    /// Tell when all before is in the log and acknowledged by the bus.
    Settle(oneshot::Sender<()>),
}

/// An event that is due.
struct Said {
    key: StreamKey,
    seq: u64,
    event: String,
}

/// Writes down and publishes what the author says, in order.
struct Hand {
    log: Log,
    bus: jetstream::Context,
    unacknowledged: FuturesUnordered<Ack>,
}

/// The log as a worker reaches it.
struct Log {
    client: Client,
    append: Statement,
}

impl Author {
    /// The author of canvases of one tenant and env on which nothing has happened.
    pub(crate) async fn new(world: &World, keys: Vec<StreamKey>) -> Result<Self> {
        let log = Log::new(world.postgres().await?).await?;
        let hand = Hand { log, bus: world.worker_bus().await?, unacknowledged: FuturesUnordered::new() };
        let (sender, orders) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            if let Err(error) = hand.obey(orders).await {
                eprintln!("northstar-bench: the author ended: {error:#}");
            }
        });
        Ok(Self { keys, hand: sender })
    }

    /// Says one event: it is published as soon as the log has it.
    pub(crate) fn publish(&mut self, key: usize, seq: u64, sent_us: u64) -> Result<()> {
        let key = self.keys[key].clone();
        let event = serde_json::to_string(&event::commit(&key, seq, sent_us))?;
        self.order(Order::Say(Said { key, seq, event }))
    }

    /// Says events of one canvas, as fast as log and bus take them.
    pub(crate) fn burst(&mut self, key: usize, mut seqs: RangeInclusive<u64>) -> Result<()> {
        seqs.try_for_each(|seq| self.publish(key, seq, 0))
    }

    /// Returns when the log has everything and the stream has acknowledged it.
    pub(crate) async fn settled(&mut self) -> Result<()> {
        let (sender, settled) = oneshot::channel();
        self.order(Order::Settle(sender))?;
        settled.await.context("the author has ended")
    }

    fn order(&self, order: Order) -> Result<()> {
        self.hand.send(order).ok().context("the author has ended")
    }
}

impl Hand {
    async fn obey(mut self, mut orders: mpsc::UnboundedReceiver<Order>) -> Result<()> {
        let mut gathered = Vec::new();
        while orders.recv_many(&mut gathered, GATHERED_MAX).await > 0 {
            let (mut said, mut settles) = (Vec::new(), Vec::new());
            for order in gathered.drain(..) {
                match order {
                    Order::Say(event) => said.push(event),
                    Order::Settle(settle) => settles.push(settle),
                }
            }
            self.log.append(&said).await?;
            for event in said {
                self.send(event).await?;
            }
            if !settles.is_empty() {
                self.acknowledged(0).await?;
            }
            for settle in settles {
                let _ = settle.send(()); // Nobody waits any more when the run failed.
            }
        }
        Ok(())
    }

    async fn send(&mut self, Said { key, seq, event }: Said) -> Result<()> {
        let message = PublishMessage::build().payload(event.into()).message_id(format!("{key}.{seq}"));
        let sent = self.bus.send_publish(Subject::Event(key).to_string(), message).await?;
        self.unacknowledged.push(Box::pin(sent.into_future()));
        self.acknowledged(IN_FLIGHT_MAX - 1).await
    }

    /// Returns when no more than `but` are not acknowledged.
    async fn acknowledged(&mut self, but: usize) -> Result<()> {
        while self.unacknowledged.len() > but
            && let Some(acknowledged) = self.unacknowledged.next().await
        {
            acknowledged?;
        }
        Ok(())
    }
}

impl Log {
    async fn new(client: Client) -> Result<Self> {
        const APPEND: &str = "WITH new AS (
                INSERT INTO log (tenant_id, env, stream, seq, rev, command_id, event)
                SELECT tenant_id, env, stream, seq, seq, gen_random_uuid(), event::json
                  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[])
                       AS new (tenant_id, env, stream, seq, event)
                RETURNING tenant_id, env, stream, seq
            )
            INSERT INTO heads (tenant_id, env, stream, seq, rev)
            SELECT tenant_id, env, stream, max(seq), max(seq) FROM new GROUP BY tenant_id, env, stream
            ON CONFLICT (tenant_id, env, stream) DO UPDATE SET seq = excluded.seq, rev = excluded.rev";
        let append = client.prepare(APPEND).await?;
        Ok(Self { client, append })
    }

    async fn append(&self, said: &[Said]) -> Result<()> {
        if said.is_empty() {
            return Ok(());
        }
        let texts = |of: fn(&StreamKey) -> String| said.iter().map(|event| of(&event.key)).collect::<Vec<_>>();
        let tenants = texts(|key| key.tenant_id.to_string());
        let envs = texts(|key| key.env.to_string());
        let streams = texts(|key| key.stream.to_string());
        let seqs: Vec<_> = said.iter().map(|event| event.seq as i64).collect();
        let events: Vec<_> = said.iter().map(|event| event.event.as_str()).collect();
        self.client.execute(&self.append, &[&tenants, &envs, &streams, &seqs, &events]).await?;
        Ok(())
    }
}
