//! What was put down, and the record that it becomes.

use crate::leaf::{Leaf, PayloadCommitment};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// Something that happened, as it was put down, before it has its place in a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Names it for good.
    pub event_id: String,
    /// When.
    pub ts: DateTime<Utc>,
    /// Who.
    pub actor_id: String,
    /// What kind of being.
    pub actor_type: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub resource: String,
    /// `done`, or the code of the refusal.
    pub outcome: String,
    /// The request that asked for it.
    pub request_id: String,
    /// The trace that it belongs to.
    pub trace_id: String,
    /// The routing keys, as an object. What is no text is left out.
    pub routing: Value,
    /// Whether it may be learned from.
    pub train_ok: bool,
}

/// A text of a record that is longer is cut there. So no record is longer than a bundle can say, and nothing that was put down
/// keeps what follows it out of the log.
const TEXT_CHARS_MAX: usize = 512;
/// The most routing keys of a record. The contract knows fewer.
const ROUTING_KEYS_MAX: usize = 32;
/// The longest routing key or value of a record. The contract's are shorter.
const ROUTING_CHARS_MAX: usize = 64;

impl Recorded {
    /// The record at `seq` of the log of `(tenant_id, env)`. The same for ever, whoever asks.
    pub fn leaf(&self, (tenant_id, env): (&str, &str), seq: u64, commitment: PayloadCommitment) -> Leaf {
        let text = |text: &str| cut(text, TEXT_CHARS_MAX);
        Leaf {
            v: Leaf::VERSION,
            tenant_id: tenant_id.to_owned(),
            env: env.to_owned(),
            seq,
            event_id: self.event_id.clone(),
            ts: self.ts.to_rfc3339_opts(SecondsFormat::Millis, true),
            actor_id: text(&self.actor_id),
            actor_type: text(&self.actor_type),
            action: text(&self.action),
            resource: text(&self.resource),
            outcome: text(&self.outcome),
            request_id: text(&self.request_id),
            trace_id: text(&self.trace_id),
            routing: routing(&self.routing),
            train_ok: self.train_ok,
            payload_commitment: commitment.to_hex(),
        }
    }
}

fn routing(value: &Value) -> BTreeMap<String, String> {
    let keys = value.as_object().into_iter().flatten();
    let texts = keys.filter_map(|(key, value)| Some((key, value.as_str()?)));
    let texts = texts.map(|(key, value)| (cut(key, ROUTING_CHARS_MAX), cut(value, ROUTING_CHARS_MAX)));
    texts.take(ROUTING_KEYS_MAX).collect()
}

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recorded() -> Recorded {
        let ts = "2026-11-20T20:13:58.123456Z".parse().unwrap();
        let text = |text: &str| text.to_owned();
        Recorded {
            event_id: text("e"),
            ts,
            actor_id: text("u_7"),
            actor_type: text("human"),
            action: text("artifact.write"),
            resource: text("artifact.a"),
            outcome: text("done"),
            request_id: text("r"),
            trace_id: text("t"),
            routing: json!({ "canvas_id": "c1", "thread_id": null, "odd": 7 }),
            train_ok: false,
        }
    }

    #[test]
    fn what_was_put_down_becomes_a_record() {
        let leaf = recorded().leaf(("t_acme", "dev"), 7, PayloadCommitment::ERASED);
        assert_eq!((leaf.seq, leaf.ts.as_str()), (7, "2026-11-20T20:13:58.123Z"));
        assert_eq!(leaf.routing, [(String::from("canvas_id"), String::from("c1"))].into());
        assert_eq!(leaf.payload_commitment, "0".repeat(64));
        assert_eq!(Leaf::from_bytes(&leaf.to_bytes().unwrap()), Ok(leaf));
    }

    #[test]
    fn no_record_is_too_long() {
        // What takes the most bytes as JSON.
        let long = "\u{1}".repeat(100_000);
        let keys = (0..100).map(|number| (format!("{number}{long}"), json!(long)));
        let recorded = Recorded {
            actor_id: long.clone(),
            action: long.clone(),
            resource: long.clone(),
            outcome: long.clone(),
            request_id: long.clone(),
            trace_id: long.clone(),
            routing: Value::Object(keys.collect()),
            ..recorded()
        };
        recorded.leaf(("t_acme", "dev"), u64::MAX >> 11, PayloadCommitment::ERASED).to_bytes().unwrap();
    }
}
