//! The bus with every right: what is pending, what was put aside, and how to put something onto it.

use crate::until::until;
use async_nats::jetstream::{self, Context};
use async_nats::{Client, HeaderMap};
use futures_util::TryStreamExt;
use std::collections::HashMap;
use subjects::ids::TenantId;
use subjects::streams::{COMMAND_STREAMS, DEAD, commands};

/// The bus, as its administrator reaches it.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    jetstream: Context,
}

impl Bus {
    pub(crate) async fn reach(url: &str) -> Self {
        let client = local::connect_bus(url, "_INBOX.flows").await.expect("the bus answers");
        Self { jetstream: jetstream::new(client.clone()), client }
    }

    /// Waits until no command of the tenant is pending.
    pub async fn has_nothing_pending(&self, tenant_id: &TenantId) {
        until(format!("nothing of {tenant_id} is pending"), async || {
            (self.pending(tenant_id).await == 0).then_some(())
        })
        .await;
    }

    /// How many commands of the tenant are pending.
    pub async fn pending(&self, tenant_id: &TenantId) -> usize {
        let filter = format!("cmd.*.{tenant_id}.>");
        let mut pending = 0;
        for number in 0..COMMAND_STREAMS {
            pending += self.held(&commands(number), &filter).await;
        }
        pending
    }

    /// How much was put aside for the tenant.
    pub async fn dead_letters(&self, tenant_id: &TenantId) -> usize {
        self.held(DEAD, &format!("dead.*.{tenant_id}.>")).await
    }

    /// The headers of the last that was put aside for the tenant by this worker role.
    pub async fn last_dead_letter(&self, subject: &str) -> HeaderMap {
        let stream = self.jetstream.get_stream(DEAD).await.expect("the stream is there");
        stream.get_last_raw_message_by_subject(subject).await.expect("a dead letter").headers
    }

    /// Puts any bytes onto any subject of a stream.
    pub async fn publishes(&self, subject: &str, bytes: impl Into<bytes::Bytes>) {
        let subject = subject.to_owned();
        let ack = self.jetstream.publish(subject, bytes.into()).await.expect("it is sent");
        ack.await.expect("it is taken");
    }

    /// The plain client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// How many messages the stream holds on subjects of this form.
    pub async fn held(&self, stream: &str, filter: &str) -> usize {
        self.counts(stream, filter).await.values().sum()
    }

    async fn counts(&self, stream: &str, filter: &str) -> HashMap<String, usize> {
        let stream = self.jetstream.get_stream(stream).await.expect("the stream is there");
        let info = stream.info_with_subjects(filter).await.expect("the stream says what it holds");
        info.try_collect().await.expect("all of it")
    }
}
