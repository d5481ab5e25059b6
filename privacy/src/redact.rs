//! What is left of a payload once personal data is taken out.

use crate::detect::{DETECTORS, Detector, find_all};
use crate::fields::{Treatment, treatment};
use crate::kind::Kind;
use regex::Regex;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What stands where a text was that is not listed.
pub const DROPPED: &str = "[dropped]";

/// A payload without personal data, as far as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Redacted {
    /// What is left.
    pub payload: Value,
    /// What was taken out. Nothing is said here of fields that were dropped unseen.
    pub kinds: BTreeSet<Kind>,
}

/// Takes personal data out of an action's details, with our detectors. Done again on the outcome, it changes nothing.
pub fn redact(action: &str, payload: &Value) -> Redacted {
    redact_with(&DETECTORS, action, payload)
}

/// Takes personal data out of an action's details, with these detectors.
pub fn redact_with(detectors: &[&dyn Detector], action: &str, payload: &Value) -> Redacted {
    let mut redactor = Redactor { detectors, action, kinds: BTreeSet::new() };
    let payload = redactor.value(&mut Vec::new(), payload);
    Redacted { payload, kinds: redactor.kinds }
}

/// Takes personal data out of a text, with our detectors.
pub fn redact_text(text: &str) -> (String, BTreeSet<Kind>) {
    let mut redactor = Redactor { detectors: &DETECTORS, action: "", kinds: BTreeSet::new() };
    (redactor.text(text).into_owned(), redactor.kinds)
}

struct Redactor<'a> {
    detectors: &'a [&'a dyn Detector],
    action: &'a str,
    kinds: BTreeSet<Kind>,
}

impl Redactor<'_> {
    fn value<'v>(&mut self, path: &mut Vec<Cow<'v, str>>, value: &'v Value) -> Value {
        match value {
            Value::Object(fields) => Value::Object(self.fields(path, fields)),
            Value::Array(elements) => Value::Array(self.elements(path, elements)),
            leaf => self.leaf(path, leaf),
        }
    }

    fn fields<'v>(&mut self, path: &mut Vec<Cow<'v, str>>, fields: &'v Map<String, Value>) -> Map<String, Value> {
        let mut left = Map::new();
        for (name, value) in fields {
            path.push(Cow::Borrowed(name));
            let value = self.value(path, value);
            path.pop();
            left.insert(self.name(name), value);
        }
        left
    }

    fn elements<'v>(&mut self, path: &mut Vec<Cow<'v, str>>, elements: &'v [Value]) -> Vec<Value> {
        let mut left = Vec::with_capacity(elements.len());
        for (place, value) in elements.iter().enumerate() {
            path.push(Cow::Owned(place.to_string()));
            left.push(self.value(path, value));
            path.pop();
        }
        left
    }

    fn leaf(&mut self, path: &[Cow<'_, str>], leaf: &Value) -> Value {
        let names: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
        match (treatment(self.action, &names), leaf) {
            (_, Value::Null) => Value::Null,
            (Treatment::Drop, _) => Value::from(DROPPED),
            (Treatment::Scan, Value::Number(number)) => {
                let digits = number.to_string();
                let left = self.text(&digits);
                if left == digits { leaf.clone() } else { Value::from(left) }
            }
            (Treatment::Scan, Value::String(text)) => Value::from(self.text(text)),
            (Treatment::Keep, Value::String(text)) if !is_word(text) => Value::from(self.text(text)),
            (Treatment::Unlisted, Value::String(text)) if !is_id(text) => Value::from(DROPPED),
            (Treatment::Keep | Treatment::Unlisted | Treatment::Scan, leaf) => leaf.clone(),
        }
    }

    /// Names of fields may be what people wrote.
    fn name(&mut self, name: &str) -> String {
        if is_word(name) { name.to_owned() } else { self.text(name).into_owned() }
    }

    fn text<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        let found = find_all(self.detectors, text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut left = String::with_capacity(text.len());
        let mut from = 0;
        for finding in found {
            left.push_str(&text[from..finding.range.start]);
            left.push_str(finding.kind.mark());
            from = finding.range.end;
            self.kinds.insert(finding.kind);
        }
        left.push_str(&text[from..]);
        Cow::Owned(left)
    }
}

static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[A-Za-z0-9_.:/*\[\]-]{1,200}$").expect("a pattern of ours"));
static ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:
            (?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}) | [0-9a-f]{32} | [0-9a-f]{64}
            | \d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})
        )$",
    )
    .expect("a pattern of ours")
});

/// Whether a text is an id, a code or a word of ours by its form.
fn is_word(text: &str) -> bool {
    WORD.is_match(text)
}

/// Whether a text is an id that nobody chose.
fn is_id(text: &str) -> bool {
    ID.is_match(text) || text == DROPPED
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(action: &str, payload: Value, expected: Value, kinds: &[Kind]) {
        let redacted = redact(action, &payload);
        assert_eq!(redacted.payload, expected, "{action}");
        assert_eq!(redacted.kinds, kinds.iter().copied().collect(), "{action}");
        assert_eq!(redact(action, &redacted.payload).payload, redacted.payload, "done again, it changes nothing");
    }

    #[test]
    fn fields_first_then_what_is_in_them() {
        check(
            "canvas.command",
            json!({ "command_id": "0199a3c5-7d5e-7c3a-9f00-1b2c3d4e5f60", "base_rev": 7, "ops": 3,
                    "intent": { "why": "Ask anna@example.org", "origin": "human" }, "extra": "Anna" }),
            json!({ "command_id": "0199a3c5-7d5e-7c3a-9f00-1b2c3d4e5f60", "base_rev": 7, "ops": 3,
                    "intent": { "why": "Ask [email]", "origin": "human" }, "extra": DROPPED }),
            &[Kind::Email],
        );
        check(
            "thread.chat_message",
            json!({ "data": { "text": "Card 4111 1111 1111 1111", "n": 4_111_111_111_111_111_u64, "email": "x@example.org" } }),
            json!({ "data": { "text": "Card [card]", "n": "[card]", "email": DROPPED } }),
            &[Kind::Card],
        );
        check("kill_switch.set", json!({ "reason": "See 8.8.4.4" }), json!({ "reason": "See [ip]" }), &[Kind::Ip]);
        check(
            "kill_switch.set",
            json!({ "provider": "a b@example.org" }),
            json!({ "provider": "a [email]" }),
            &[Kind::Email],
        );
        check(
            "member.add",
            json!({ "email": "x@example.org", "role": "admin" }),
            json!({ "email": DROPPED, "role": "admin" }),
            &[],
        );
        check(
            "x",
            json!({ "anna@example.org": 1, "no": null, "b": true }),
            json!({ "[email]": 1, "no": null, "b": true }),
            &[Kind::Email],
        );
        check("x", json!("Anna"), json!(DROPPED), &[]);
    }
}
