//! The connection to nats-server.

use crate::config::BusConfig;
use anyhow::Context;
use async_nats::RequestErrorKind;
use async_nats::connection::State;
use async_nats::{ConnectOptions, Event, ServerAddr, jetstream};
use bytes::Bytes;
use secrecy::ExposeSecret;
use std::time::Duration;
use subjects::subject::NOBODY;
use tokio::sync::watch;

/// A connection to the bus. Clones share it. It comes back by itself, with its subscriptions.
#[derive(Clone, Debug)]
pub struct Bus {
    /// Core NATS.
    pub client: async_nats::Client,
    /// JetStream.
    pub jetstream: jetstream::Context,
    /// What this connection's inboxes begin with.
    pub inbox: String,
    disturbances: watch::Receiver<u64>,
}

/// How long JetStream may take to acknowledge. Short: whoever publishes repeats with the same message id.
const ACK_MS: u64 = 2_000;
const PING_SECS: u64 = 10;
/// How long the server may take to say that nobody listens.
const PONG_MS: u64 = 800;
/// How long what is buffered may take to leave at the end.
const FLUSH_MS: u64 = 1_000;
/// Messages that may wait within this process for one subscription, before the newest are dropped and noticed.
const SUBSCRIPTION_MESSAGES_MAX: usize = 65_536;

/// Connects as `name`. Where the server is away, goes on trying in the background.
pub async fn connect(config: &BusConfig, name: &str, inbox: &str) -> anyhow::Result<Bus> {
    let (disturb, disturbances) = watch::channel(0);
    let server: ServerAddr = config.nats_url.expose_secret().parse().context("NORTHSTAR_NATS_URL is not a NATS URL")?;
    // async-nats does not take the user and password out of the URL itself.
    let options = match (server.username(), server.password()) {
        (Some(user), Some(password)) => ConnectOptions::with_user_and_password(user.into(), password.into()),
        (_, _) => ConnectOptions::new(),
    };
    let client = options
        .name(name)
        .custom_inbox_prefix(inbox)
        .ping_interval(Duration::from_secs(PING_SECS))
        .subscription_capacity(SUBSCRIPTION_MESSAGES_MAX)
        .reconnect_delay_callback(|attempts| Duration::from_millis((attempts as u64 * 50).min(1_000)))
        .retry_on_initial_connect()
        .event_callback(move |event| {
            let disturb = disturb.clone();
            async move { notice(&event, &disturb) }
        })
        .connect(server)
        .await
        .context("NORTHSTAR_NATS_URL cannot be used")?;
    let mut jetstream = jetstream::new(client.clone());
    jetstream.set_timeout(Duration::from_millis(ACK_MS));
    Ok(Bus { client, jetstream, inbox: inbox.to_owned(), disturbances })
}

fn notice(event: &Event, disturb: &watch::Sender<u64>) {
    match event {
        Event::Connected | Event::SlowConsumer(_) => disturb.send_modify(|count| *count += 1),
        Event::Disconnected | Event::LameDuckMode | Event::Draining | Event::Closed => {}
        // A denied permission shows nowhere else: the call it concerns only times out.
        Event::ServerError(_) | Event::ClientError(_) => {
            metrics::counter!("northstar_bus_errors_total").increment(1);
        }
    }
    tracing::info!(%event, "the bus");
}

impl Bus {
    /// Whether the server is there now.
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Counts connections and slow-consumer notices: after each, what was heard may have holes.
    pub fn disturbances(&self) -> watch::Receiver<u64> {
        self.disturbances.clone()
    }

    /// Whether the bus answers; if not, why, in one line.
    pub async fn ping(&self) -> Result<(), String> {
        if !self.is_connected() {
            return Err("not connected to nats-server".into());
        }
        let asked =
            tokio::time::timeout(Duration::from_millis(PONG_MS), self.client.request(NOBODY, Bytes::new())).await;
        match asked {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.kind() == RequestErrorKind::NoResponders => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("nats-server does not answer within {PONG_MS} ms")),
        }
    }

    /// Hands over what is buffered and closes.
    pub async fn drain(&self) {
        // The client only notes that it is to drain. What was published must be on its way before the process ends.
        let flushed = tokio::time::timeout(Duration::from_millis(FLUSH_MS), self.client.flush()).await;
        tracing::debug!(is_flushed = matches!(flushed, Ok(Ok(()))), "the bus is left");
        if let Err(error) = self.client.drain().await {
            tracing::debug!(%error, "the bus was closed already");
        }
    }
}
