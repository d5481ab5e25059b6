//! JetStream's streams and consumers, as data. The `migrate` command makes the server match.

use crate::limits::MESSAGE_BYTES_MAX;
use crate::subject::{PARTITIONS, SHARDS};

/// A JetStream stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSpec {
    /// Its name.
    pub name: String,
    /// What it takes in.
    pub subjects: Vec<String>,
    /// When a message goes.
    pub retention: Retention,
    /// The most it holds. At the limit a work queue refuses the new, the others let the oldest go.
    pub bytes_max: i64,
    /// The oldest that it holds; 0 is for ever.
    pub age_secs_max: u64,
    /// How long a `Nats-Msg-Id` is remembered.
    pub duplicate_window_secs: u64,
    /// nats-server 2.15 stops at 1 000 unless told.
    pub consumers_max: i32,
    /// Source and destination patterns.
    pub republish: Option<(String, String)>,
    /// What a loss of power may take.
    pub persistence: Persistence,
}

/// What a loss of power may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// Nothing: a message is synced before it is acknowledged.
    Synced,
    /// The newest messages, where a single server holds the stream: they stand in the log as well, and whoever
    /// misses them there reads them here. Replicas hold what one of them lost.
    Rebuildable,
}

/// When a message leaves a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// When it is acknowledged.
    WorkQueue,
    /// When the stream's limits are reached.
    Limits,
}

/// A durable pull consumer. Every worker of the role pulls every one of them, one message at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerSpec {
    /// Its name.
    pub durable: String,
    /// The stream it consumes.
    pub stream: String,
    /// What it consumes. No two consumers of a work queue may overlap.
    pub filters: Vec<String>,
}

/// Streams of commands, each with as many partitions. A stream syncs one message after the other: several side by side
/// share the disk's time.
pub const COMMAND_STREAMS: u32 = 8;
/// The stream of dead letters.
pub const DEAD: &str = "DEAD";
/// The stream of gestures that grafts record, until their worker has taken them over.
pub const GESTURES: &str = "GESTURES";
/// The stream of what is audited without a transaction of its own.
pub const AUDIT: &str = "AUDIT";
/// How long a worker may be silent about a message before another gets it.
pub const ACK_WAIT_MS: u64 = 2_000;

const MIB: i64 = 1024 * 1024;
const HOUR_SECS: u64 = 3_600;

/// One of the [`COMMAND_STREAMS`].
pub fn commands(number: u32) -> String {
    format!("COMMANDS_{number}")
}

/// The stream of events of one shard.
pub fn events(shard: u32) -> String {
    format!("EVENTS_{shard}")
}

/// Where the server is asked for messages of a shard's event stream, without a consumer.
pub fn direct_get(shard: u32) -> String {
    format!("$JS.API.DIRECT.GET.{}", events(shard))
}

/// Every stream.
pub fn streams() -> Vec<StreamSpec> {
    let commands = (0..COMMAND_STREAMS).map(|number| StreamSpec {
        name: commands(number),
        subjects: share(number, COMMAND_STREAMS).map(|part| format!("cmd.{part}.>")).collect(),
        retention: Retention::WorkQueue,
        bytes_max: 2_000 * MIB / i64::from(COMMAND_STREAMS),
        age_secs_max: 0,
        duplicate_window_secs: 120,
        consumers_max: 512,
        republish: None,
        persistence: Persistence::Synced,
    });
    let dead = StreamSpec {
        name: DEAD.into(),
        subjects: vec!["dead.>".into()],
        retention: Retention::Limits,
        bytes_max: 1_000 * MIB,
        age_secs_max: 30 * 24 * HOUR_SECS,
        duplicate_window_secs: 120,
        consumers_max: 64,
        republish: None,
        persistence: Persistence::Synced,
    };
    let gestures = StreamSpec {
        name: GESTURES.into(),
        subjects: vec!["gst.>".into()],
        retention: Retention::Limits,
        bytes_max: 500 * MIB,
        age_secs_max: HOUR_SECS,
        duplicate_window_secs: 60,
        consumers_max: 64,
        republish: None,
        persistence: Persistence::Synced,
    };
    let audit = StreamSpec {
        name: AUDIT.into(),
        subjects: vec!["aud.>".into()],
        retention: Retention::WorkQueue,
        bytes_max: 1_000 * MIB,
        age_secs_max: 0,
        duplicate_window_secs: 120,
        consumers_max: 64,
        republish: None,
        persistence: Persistence::Synced,
    };
    let events = (0..SHARDS).map(|shard| StreamSpec {
        name: events(shard),
        subjects: vec![format!("evt.{shard}.>")],
        retention: Retention::Limits,
        // Republishing looks up the subject's last message on every publish: a small tail keeps that cheap.
        bytes_max: 1_000 * MIB,
        age_secs_max: HOUR_SECS,
        duplicate_window_secs: 60,
        consumers_max: 64,
        republish: Some((format!("evt.{shard}.>"), format!("live.{shard}.>"))),
        persistence: Persistence::Rebuildable,
    });
    commands.chain([dead, gestures, audit]).chain(events).collect()
}

/// The consumers of canvas commands: each owns four partitions.
pub fn apply_consumers() -> Vec<ConsumerSpec> {
    consumers("apply", "canvas", 64)
}

/// The consumers of what is said in threads.
pub fn chat_consumers() -> Vec<ConsumerSpec> {
    consumers("chat", "thread", 32)
}

/// The consumers of control commands.
pub fn control_consumers() -> Vec<ConsumerSpec> {
    consumers("control", "control", 8)
}

/// The consumers of what concerns artifacts and assets.
pub fn artifacts_consumers() -> Vec<ConsumerSpec> {
    consumers("artifacts", "artifacts", 16)
}

/// The consumers of what concerns grafts.
pub fn graft_consumers() -> Vec<ConsumerSpec> {
    consumers("graft", "graft", 8)
}

/// The consumers of what concerns gates and actions.
pub fn gates_consumers() -> Vec<ConsumerSpec> {
    consumers("gates", "gates", 16)
}

/// The consumers of what concerns privacy.
pub fn privacy_consumers() -> Vec<ConsumerSpec> {
    consumers("privacy", "privacy", 8)
}

/// The consumers of what is audited without a transaction of its own.
pub fn audit_consumers() -> Vec<ConsumerSpec> {
    const COUNT: u32 = 8;
    (0..COUNT)
        .map(|n| ConsumerSpec {
            durable: format!("audit-{n:02}"),
            stream: AUDIT.into(),
            filters: share(n, COUNT).map(|part| format!("aud.{part}.*.*")).collect(),
        })
        .collect()
}

/// Every consumer.
pub fn all_consumers() -> Vec<ConsumerSpec> {
    [
        apply_consumers(),
        chat_consumers(),
        control_consumers(),
        artifacts_consumers(),
        graft_consumers(),
        gates_consumers(),
        privacy_consumers(),
        audit_consumers(),
    ]
    .concat()
}

fn consumers(role: &str, what: &str, count: u32) -> Vec<ConsumerSpec> {
    let filter = |part: u32| format!("cmd.{part}.*.*.{what}.*");
    (0..count)
        .map(|n| ConsumerSpec {
            durable: format!("{role}-{n:02}"),
            stream: commands(n * COMMAND_STREAMS / count),
            filters: share(n, count).map(filter).collect(),
        })
        .collect()
}

/// The partitions of one of so many equal owners.
fn share(number: u32, owners: u32) -> std::ops::Range<u32> {
    let owned = PARTITIONS / owners;
    number * owned..(number + 1) * owned
}

/// The largest message any stream takes.
pub const STREAM_MESSAGE_BYTES_MAX: i32 = MESSAGE_BYTES_MAX as i32;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_partition_is_consumed_once_by_each_role() {
        let roles = [
            (apply_consumers(), "canvas"),
            (chat_consumers(), "thread"),
            (control_consumers(), "control"),
            (artifacts_consumers(), "artifacts"),
            (graft_consumers(), "graft"),
            (gates_consumers(), "gates"),
            (privacy_consumers(), "privacy"),
        ];
        for (consumers, what) in roles {
            let filters: Vec<_> = consumers.into_iter().flat_map(|consumer| consumer.filters).collect();
            let expected: BTreeSet<_> = (0..PARTITIONS).map(|part| format!("cmd.{part}.*.*.{what}.*")).collect();
            assert_eq!(filters.len(), expected.len());
            assert_eq!(filters.into_iter().collect::<BTreeSet<_>>(), expected);
        }
    }

    #[test]
    fn every_consumer_finds_its_partitions_in_its_stream() {
        let streams = streams();
        for consumer in all_consumers() {
            let stream = streams.iter().find(|stream| stream.name == consumer.stream).unwrap();
            for filter in consumer.filters {
                let part = filter.split('.').nth(1).unwrap();
                let taken = [format!("cmd.{part}.>"), "aud.>".to_owned()];
                assert!(taken.iter().any(|it| stream.subjects.contains(it)), "{filter} in {}", stream.name);
            }
        }
    }
}
