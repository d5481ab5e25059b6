//! An event as members are told it.

use crate::queries::audit::Entry;
use chrono::SecondsFormat;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Something that happened, at its place in the log.
#[derive(Debug, Serialize, utoipa::ToSchema, JsonSchema)]
pub struct AuditEvent {
    /// Its place: dense, from 0.
    seq: u64,
    /// Names it for good.
    event_id: String,
    /// When.
    #[schema(example = "2026-11-20T20:13:58.123Z")]
    ts: String,
    actor: AuditActor,
    /// What was done.
    #[schema(example = "artifact.write")]
    action: String,
    /// To what.
    #[schema(example = "artifact.art_1")]
    resource: String,
    /// `done`, or the code of the refusal.
    outcome: String,
    request_id: String,
    trace_id: String,
    /// Whether it may be learned from.
    train_ok: bool,
    /// The routing keys below tenant and env.
    #[schema(value_type = Object)]
    routing: Value,
    /// What else there is to know; null once it is erased.
    #[schema(value_type = Option<Object>)]
    payload: Option<Value>,
    /// The kinds of personal data that were taken out of it before it was stored.
    pii: Vec<String>,
    /// `SHA-256(salt ‖ JCS(payload))` in hex: what the log holds of the payload, erased or not.
    payload_commitment: String,
    /// In hex; null once it is erased.
    salt: Option<String>,
}

/// Who did it.
#[derive(Debug, Serialize, utoipa::ToSchema, JsonSchema)]
pub struct AuditActor {
    actor_id: String,
    #[schema(example = "human")]
    actor_type: String,
}

impl From<Entry> for AuditEvent {
    fn from(entry: Entry) -> Self {
        let Entry { seq, recorded, commitment, payload, salt, pii } = entry;
        Self {
            seq,
            event_id: recorded.event_id,
            ts: recorded.ts.to_rfc3339_opts(SecondsFormat::Millis, true),
            actor: AuditActor { actor_id: recorded.actor_id, actor_type: recorded.actor_type },
            action: recorded.action,
            resource: recorded.resource,
            outcome: recorded.outcome,
            request_id: recorded.request_id,
            trace_id: recorded.trace_id,
            train_ok: recorded.train_ok,
            routing: recorded.routing,
            payload,
            pii,
            payload_commitment: commitment.to_hex(),
            salt: salt.map(hex::encode),
        }
    }
}
