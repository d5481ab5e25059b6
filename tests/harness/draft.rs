//! A command as a client writes it, before it is sent: as often as it is sent, it is the same.

use serde_json::{Value, json};
use subjects::document::Op;
use uuid::Uuid;

/// A command that is not sent yet. Sent twice, it is a repeat.
#[derive(Debug, Clone)]
pub struct Draft(Value);

/// A command on what the client saw, with a key of its own.
pub fn draft(base_rev: u64, ops: impl IntoIterator<Item = Op>) -> Draft {
    Draft(json!({
        "v": 1,
        "command_id": Uuid::now_v7(),
        "idempotency_key": Uuid::now_v7().to_string(),
        "base_rev": base_rev,
        "routing": {},
        "correlation_id": Uuid::now_v7(),
        "intent": { "label": "Edit", "why": "To see it done", "origin": "human" },
        "ops": ops.into_iter().collect::<Vec<_>>(),
    }))
}

impl Draft {
    /// With this idempotency key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.with("idempotency_key", key)
    }

    /// With this label, by which people and failpoints know it.
    #[must_use]
    pub fn label(mut self, label: &str) -> Self {
        self.0["intent"]["label"] = label.into();
        self
    }

    /// With a member in the place of what it had.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0[member] = value.into();
        self
    }

    /// Without a member.
    #[must_use]
    pub fn without(mut self, member: &str) -> Self {
        self.0.as_object_mut().expect("an object").remove(member);
        self
    }

    /// The same wish on another base: another command under the same idempotency key.
    #[must_use]
    pub fn rebased(self, base_rev: u64) -> Self {
        self.with("base_rev", base_rev).with("command_id", Uuid::now_v7().to_string())
    }

    /// Names the command.
    pub fn command_id(&self) -> &str {
        self.0["command_id"].as_str().expect("a command_id")
    }

    /// Names what the client wants done once.
    pub fn idempotency_key(&self) -> &str {
        self.0["idempotency_key"].as_str().expect("an idempotency_key")
    }

    /// As it is sent.
    pub fn body(&self) -> &Value {
        &self.0
    }
}
