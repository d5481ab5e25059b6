//! What others may learn from: fields that are listed, and nobody's name among them.

use crate::fields::{Treatment, treatment};
use crate::redact::{Redacted, redact};
use regex::{Captures, Regex};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Fields that name people or their things, whatever the action is.
const NAMES: [&str; 12] = [
    "user_id",
    "user_ids",
    "actor_id",
    "subject_id",
    "session_id",
    "device_id",
    "token_id",
    "request_id",
    "trace_id",
    "asked_by",
    "issued_by",
    "member_id",
];

static PERSON: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bu_[A-Za-z0-9_-]+").expect("a pattern of ours"));

/// What is left of a payload for those who learn from it: only fields that are listed, searched again, and people by the names
/// that `named` gives them instead of their ids. Whatever is not listed is not there at all.
pub fn learnable(action: &str, payload: &Value, named: &dyn Fn(&str) -> String) -> Redacted {
    let mut redacted = redact(action, payload);
    redacted.payload = listed(action, &mut Vec::new(), redacted.payload, named).unwrap_or_default();
    redacted
}

fn listed(action: &str, path: &mut Vec<String>, value: Value, named: &dyn Fn(&str) -> String) -> Option<Value> {
    match value {
        Value::Object(fields) => Some(Value::Object(in_fields(action, path, fields, named))),
        Value::Array(elements) => {
            let mut left = Vec::new();
            for (place, element) in elements.into_iter().enumerate() {
                path.push(place.to_string());
                left.extend(listed(action, path, element, named));
                path.pop();
            }
            Some(Value::Array(left))
        }
        leaf => {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            let is_listed = matches!(treatment(action, &names), Treatment::Keep | Treatment::Scan);
            is_listed.then(|| with_names(leaf, named))
        }
    }
}

fn in_fields(
    action: &str,
    path: &mut Vec<String>,
    fields: Map<String, Value>,
    named: &dyn Fn(&str) -> String,
) -> Map<String, Value> {
    let mut left = Map::new();
    for (name, value) in fields.into_iter().filter(|(name, _)| !NAMES.contains(&name.as_str())) {
        path.push(name);
        let value = listed(action, path, value, named);
        let name = path.pop().unwrap_or_default();
        left.extend(value.map(|value| (said(&name, named), value)));
    }
    left
}

fn with_names(leaf: Value, named: &dyn Fn(&str) -> String) -> Value {
    match leaf {
        Value::String(text) => Value::String(said(&text, named)),
        other => other,
    }
}

fn said(text: &str, named: &dyn Fn(&str) -> String) -> String {
    PERSON.replace_all(text, |person: &Captures<'_>| named(&person[0])).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_listed_is_not_there() {
        let payload = json!({
            "command_id": "c", "base_rev": 7, "ops": [{ "op": "add_atom", "secret_plan": "x", "by": 1 }], "user_id": "u_7",
            "intent": { "why": "u_7 asked, mail anna@example.org" }, "u_9": { "note": "n" },
        });
        let left = learnable("canvas.command", &payload, &|_| "p".to_owned());
        assert_eq!(
            left.payload,
            json!({ "command_id": "c", "ops": [{ "op": "add_atom" }], "intent": { "why": "p asked, mail [email]" }, "p": { "note": "n" } })
        );
    }
}
