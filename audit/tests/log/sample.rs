//! Logs to be verified.

use audit::{Checkpoint, Files, Keys, Leaf, Log, PayloadCommitment, SigningPair, origin};
use serde_json::json;
use std::path::Path;

pub const SEED: [u8; 32] = [7; 32];

pub fn pair() -> SigningPair {
    SigningPair::from_seed("northstar.test", &SEED)
}

pub fn keys() -> Keys {
    Keys::new([pair().vkey().to_owned()]).unwrap()
}

pub fn leaf(seq: u64) -> Leaf {
    let commitment = PayloadCommitment::new(&[seq as u8; 32], &json!({ "seq": seq })).unwrap();
    Leaf {
        v: Leaf::VERSION,
        tenant_id: "t_acme".into(),
        env: "dev".into(),
        seq,
        event_id: format!("e{seq}"),
        ts: "2026-11-20T20:13:58.123Z".into(),
        actor_id: "u_7".into(),
        actor_type: "human".into(),
        action: "artifact.write".into(),
        resource: format!("artifact.art_{seq}"),
        outcome: "done".into(),
        request_id: "r".into(),
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".into(),
        routing: [("canvas_id".to_owned(), "c1".to_owned())].into(),
        train_ok: true,
        payload_commitment: commitment.to_hex(),
    }
}

/// A log of so many records.
pub fn log(size: u64) -> Log {
    let mut log = Log::new();
    (0..size).for_each(|seq| log.append(leaf(seq).to_bytes().unwrap()).unwrap());
    log
}

pub fn checkpoint(log: &Log, size: u64) -> Checkpoint {
    Checkpoint { origin: origin("northstar.test", "t_acme", "dev"), size, root: log.root(size).unwrap() }
}

/// The log as it is published.
pub fn publish(log: &Log, home: &Path) -> Files {
    let files = Files::new(home);
    log.write(&files, 0).unwrap();
    files.write_checkpoint(&checkpoint(log, log.size()).sign(&pair()).unwrap()).unwrap();
    files
}
