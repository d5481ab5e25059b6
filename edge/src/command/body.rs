//! The body of a command: what is asked of a canvas, checked as far as that goes without the canvas.

use crate::error::ApiError;
use crate::http::body::{self, StatedRouting};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subjects::code::Code;
use subjects::command::Intent;
use subjects::document::Op;
use subjects::limits::{COMMAND_OPS_MAX, IDEMPOTENCY_KEY_CHARS_MAX, INTENT_CHARS_MAX};
use uuid::Uuid;

/// What is asked of a canvas.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandBody {
    /// 1.
    pub v: u64,
    /// Names this command for good.
    pub command_id: Uuid,
    /// Names what is wanted once: 1 to 128 characters.
    pub idempotency_key: String,
    /// The rev that the client saw.
    pub base_rev: u64,
    /// Routing keys, if not in headers or query.
    #[schema(value_type = Option<Object>)]
    pub routing: Option<StatedRouting>,
    /// What the client ties together; the command_id when not given.
    pub correlation_id: Option<Uuid>,
    /// Why: `label`, `why`, `origin`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub intent: Intent,
    /// 1 to 512 operations: `add_atom`, `remove_atom`, `move_atom`, `set_token`, `unset_token`, `insert_text`,
    /// `delete_range`, `replace_text_range`.
    #[schema(value_type = Vec<Object>)]
    pub ops: Vec<Op>,
}

const VERSION: u64 = 1;

/// A command's body that is in its form and within its limits.
pub fn read(bytes: &[u8]) -> Result<CommandBody, ApiError> {
    let body: CommandBody = body::parse(bytes)?;
    check(&body)?;
    Ok(body)
}

/// SHA-256 of the body in its canonical form (RFC 8785), in hex: tells a repeat from another command.
pub fn fingerprint(bytes: &[u8]) -> Result<String, ApiError> {
    let value: serde_json::Value = body::parse(bytes)?;
    let canonical = serde_json_canonicalizer::to_vec(&value)
        .map_err(|error| body::invalid(format!("The body has no canonical form: {error}."), "."))?;
    Ok(hex::encode(Sha256::digest(&canonical)))
}

fn check(body: &CommandBody) -> Result<(), ApiError> {
    if body.v != VERSION {
        return Err(body::invalid(format!("v is {VERSION}."), "v"));
    }
    check_key(&body.idempotency_key)?;
    let Intent { label, why, origin } = &body.intent;
    for (at, text) in [("intent.label", label), ("intent.why", why), ("intent.origin", origin)] {
        if text.as_ref().is_some_and(|text| text.chars().count() > INTENT_CHARS_MAX) {
            return Err(body::invalid(format!("{at} has at most {INTENT_CHARS_MAX} characters."), at));
        }
    }
    if body.ops.is_empty() {
        return Err(body::invalid("A command has at least one operation.".into(), "ops"));
    }
    if body.ops.len() > COMMAND_OPS_MAX {
        let detail = format!("A command has at most {COMMAND_OPS_MAX} operations.");
        return Err(ApiError::new(Code::TooManyOps, detail).with("ops_max", COMMAND_OPS_MAX));
    }
    Ok(())
}

/// Refuses what cannot be an idempotency key.
pub fn check_key(text: &str) -> Result<(), ApiError> {
    if is_key(text) {
        return Ok(());
    }
    let detail = format!("idempotency_key has 1 to {IDEMPOTENCY_KEY_CHARS_MAX} characters, no control characters.");
    Err(body::invalid(detail, "idempotency_key"))
}

fn is_key(text: &str) -> bool {
    (1..=IDEMPOTENCY_KEY_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn command() -> Value {
        json!({
            "v": 1, "command_id": Uuid::nil(), "idempotency_key": "k", "base_rev": 0,
            "ops": [{ "op": "remove_atom", "atom_id": "a" }],
        })
    }

    fn check(member: &str, value: Value, expected: Result<(), (Code, &str)>) {
        let mut command = command();
        command[member] = value;
        let outcome = read(command.to_string().as_bytes()).map(drop);
        let outcome = outcome.map_err(|error| {
            let body = serde_json::to_value(error.body(None)).unwrap();
            (error.code(), body["at"].as_str().unwrap_or_default().to_owned())
        });
        assert_eq!(outcome, expected.map_err(|(code, at)| (code, at.to_owned())), "{member}");
    }

    #[test]
    fn a_command_has_its_form() {
        let op = json!({ "op": "remove_atom", "atom_id": "a" });
        check("v", json!(1), Ok(()));
        check("v", json!(2), Err((Code::BodyInvalid, "v")));
        check("v", json!("1"), Err((Code::BodyInvalid, "v")));
        check("command_id", json!("x"), Err((Code::BodyInvalid, "command_id")));
        check("base_rev", json!(-1), Err((Code::BodyInvalid, "base_rev")));
        check("idempotency_key", json!("é".repeat(128)), Ok(()));
        check("idempotency_key", json!("k".repeat(129)), Err((Code::BodyInvalid, "idempotency_key")));
        check("idempotency_key", json!(""), Err((Code::BodyInvalid, "idempotency_key")));
        check("idempotency_key", json!("a\0"), Err((Code::BodyInvalid, "idempotency_key")));
        check("intent", json!({ "why": "w".repeat(2_001) }), Err((Code::BodyInvalid, "intent.why")));
        check("routing", json!({ "tenant_id": 1 }), Err((Code::BodyInvalid, "routing.tenant_id")));
        check("ops", json!([]), Err((Code::BodyInvalid, "ops")));
        check("ops", json!(vec![op.clone(); 512]), Ok(()));
        check("ops", json!(vec![op.clone(); 513]), Err((Code::TooManyOps, "")));
        check("ops", json!([op, { "op": "paint" }]), Err((Code::BodyInvalid, "ops[1].op")));
        check("extra", json!(1), Err((Code::BodyInvalid, "extra")));
    }

    #[test]
    fn a_fingerprint_tells_bodies_apart_and_not_their_spelling() {
        let of = |text: &str| fingerprint(text.as_bytes()).unwrap();
        assert_eq!(of(r#"{"a":1,"b":[1.0,"x"]}"#), of(r#" { "b" : [1, "\u0078"], "a" : 1.0 } "#));
        assert_ne!(of(r#"{"a":1}"#), of(r#"{"a":2}"#));
        assert!(fingerprint(b"{\"a\":1e400}").is_err());
    }
}
