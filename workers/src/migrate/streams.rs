//! Makes JetStream's streams and consumers what `subjects` says they are.

use anyhow::Context as _;
use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy, PersistenceMode, Republish, RetentionPolicy, StorageType};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::time::Duration;
use subjects::streams::{
    ACK_WAIT_MS, ConsumerSpec, Persistence, Retention, STREAM_MESSAGE_BYTES_MAX, StreamSpec, all_consumers, streams,
};

/// How many workers may pull one consumer at once.
const WAITING_MAX: i64 = 512;
/// How many consumers are made at once.
const CONCURRENCY: usize = 8;

/// Creates what is missing and changes what differs.
pub(crate) async fn create(jetstream: &Context, replicas: usize) -> anyhow::Result<()> {
    for spec in streams() {
        let stream = jetstream.create_or_update_stream(stream_config(&spec, replicas)).await;
        stream.with_context(|| format!("the stream {}", spec.name))?;
    }
    let consumers = stream::iter(all_consumers()).map(Ok);
    consumers.try_for_each_concurrent(CONCURRENCY, |spec| create_consumer(jetstream, spec, replicas)).await
}

async fn create_consumer(jetstream: &Context, spec: ConsumerSpec, replicas: usize) -> anyhow::Result<()> {
    let config = consumer_config(&spec, replicas);
    let consumer = jetstream.create_consumer_on_stream(config, spec.stream).await;
    consumer.with_context(|| format!("the consumer {}", spec.durable))?;
    Ok(())
}

fn stream_config(spec: &StreamSpec, replicas: usize) -> Config {
    let (retention, discard) = match spec.retention {
        // What was accepted is not thrown away: the new is refused.
        Retention::WorkQueue => (RetentionPolicy::WorkQueue, DiscardPolicy::New),
        Retention::Limits => (RetentionPolicy::Limits, DiscardPolicy::Old),
    };
    Config {
        name: spec.name.clone(),
        subjects: spec.subjects.clone(),
        retention,
        discard,
        max_bytes: spec.bytes_max,
        max_age: Duration::from_secs(spec.age_secs_max),
        max_message_size: STREAM_MESSAGE_BYTES_MAX,
        max_consumers: spec.consumers_max,
        duplicate_window: Duration::from_secs(spec.duplicate_window_secs),
        storage: StorageType::File,
        num_replicas: replicas,
        allow_direct: spec.retention == Retention::Limits,
        republish: spec.republish.clone().map(|(source, destination)| Republish {
            source,
            destination,
            headers_only: false,
        }),
        persist_mode: match spec.persistence {
            Persistence::Rebuildable if replicas == 1 => Some(PersistenceMode::Async),
            Persistence::Rebuildable | Persistence::Synced => None,
        },
        ..Config::default()
    }
}

fn consumer_config(spec: &ConsumerSpec, replicas: usize) -> pull::Config {
    pull::Config {
        durable_name: Some(spec.durable.clone()),
        filter_subjects: spec.filters.clone(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_millis(ACK_WAIT_MS),
        // One message at a time is what keeps the order of a canvas, whoever works on it.
        max_ack_pending: 1,
        max_deliver: -1,
        max_waiting: WAITING_MAX,
        // With several servers its state survives in the memory of the others, at a third of the cost.
        memory_storage: replicas > 1,
        num_replicas: replicas,
        ..pull::Config::default()
    }
}
