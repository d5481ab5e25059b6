//! What a kind, a path and a value may be, and what they count towards the size of a document.

use crate::invalid::Reason;
use crate::limits::{INTEGER_MAX, KIND_BYTES_MAX, NESTING_MAX, PATH_BYTES_MAX, TEXT_BYTES_MAX};
use serde_json::{Number, Value};
use subjects::document::Tokens;
use subjects::ids::AtomId;

/// Checks the kind of an atom.
pub(crate) fn check_kind(kind: &str) -> Result<(), Reason> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_-.:/".contains(&b);
    let is_kind = (1..=KIND_BYTES_MAX).contains(&kind.len()) && kind.bytes().all(is_plain);
    is_kind.then_some(()).ok_or(Reason::KindInvalid)
}

/// Checks one token.
pub(crate) fn check(path: &str, value: &Value) -> Result<(), Reason> {
    let is_path = (1..=PATH_BYTES_MAX).contains(&path.len()) && !path.chars().any(char::is_control);
    is_path.then_some(()).ok_or(Reason::PathInvalid)?;
    check_value(value, NESTING_MAX)
}

/// Checks the length of a string in a token.
pub(crate) fn check_text_bytes(bytes: usize) -> Result<(), Reason> {
    (bytes <= TEXT_BYTES_MAX).then_some(()).ok_or(Reason::TextTooLong)
}

/// What an atom counts for.
pub(crate) fn atom_bytes(atom_id: &AtomId, kind: &str, tokens: &Tokens) -> usize {
    let tokens: usize = tokens.iter().map(|(path, value)| bytes(path, value)).sum();
    ATOM_BYTES + atom_id.as_str().len() + kind.len() + tokens
}

/// What one token counts for.
pub(crate) fn bytes(path: &str, value: &Value) -> usize {
    path.len() + value_bytes(value)
}

/// About what an atom takes in memory beside what it holds.
const ATOM_BYTES: usize = 256;
/// About what a value takes in memory beside what it holds.
const VALUE_BYTES: usize = 32;

fn check_value(value: &Value, nesting_left: usize) -> Result<(), Reason> {
    let deeper = || nesting_left.checked_sub(1).ok_or(Reason::ValueTooDeep);
    match value {
        Value::Null | Value::Bool(_) => Ok(()),
        Value::Number(number) => check_number(number),
        Value::String(text) => check_text_bytes(text.len()),
        Value::Array(items) => {
            let left = deeper()?;
            items.iter().try_for_each(|item| check_value(item, left))
        }
        Value::Object(members) => {
            let left = deeper()?;
            members
                .iter()
                .try_for_each(|(key, member)| check_text_bytes(key.len()).and_then(|()| check_value(member, left)))
        }
    }
}

fn check_number(number: &Number) -> Result<(), Reason> {
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    let is_exact = match magnitude {
        Some(integer) => integer <= INTEGER_MAX,
        None => number.as_f64().is_some_and(f64::is_finite),
    };
    is_exact.then_some(()).ok_or(Reason::NumberOutOfRange)
}

fn value_bytes(value: &Value) -> usize {
    let held = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(value_bytes).sum(),
        Value::Object(members) => members.iter().map(|(key, member)| bytes(key, member)).sum(),
    };
    VALUE_BYTES + held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let check = |kind: &str, expected| assert_eq!(check_kind(kind), expected, "{kind:?}");
        check("heading", Ok(()));
        check("ns.form:field/Text_2-b", Ok(()));
        check(&"k".repeat(KIND_BYTES_MAX), Ok(()));
        check(&"k".repeat(KIND_BYTES_MAX + 1), Err(Reason::KindInvalid));
        for bad in ["", " ", "a b", "é", "a\n", "a\"", "<b>"] {
            check(bad, Err(Reason::KindInvalid));
        }
    }

    #[test]
    fn paths() {
        let check = |path: &str, expected| {
            assert_eq!(super::check(path, &Value::Null), expected, "{path:?}");
        };
        check("style.color", Ok(()));
        check("über/😀 [0]", Ok(()));
        check(&"p".repeat(PATH_BYTES_MAX), Ok(()));
        check(&"p".repeat(PATH_BYTES_MAX + 1), Err(Reason::PathInvalid));
        for bad in ["", "a\nb", "\0", "\u{7f}", "\u{85}"] {
            check(bad, Err(Reason::PathInvalid));
        }
    }

    #[test]
    fn values() {
        let check = |json: &str, expected| {
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(super::check("p", &value), expected, "{json:.80}");
        };
        check("null", Ok(()));
        check("[true, \"x\", {\"k\": [1.5]}]", Ok(()));
        check("9007199254740992", Ok(()));
        check("-9007199254740992", Ok(()));
        check("9007199254740993", Err(Reason::NumberOutOfRange));
        check("-9007199254740993", Err(Reason::NumberOutOfRange));
        check("18446744073709551615", Err(Reason::NumberOutOfRange));
        check("{\"k\": [9007199254740993]}", Err(Reason::NumberOutOfRange));
        check("1e300", Ok(()));
        check("-0.0", Ok(()));
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        check(&nested(NESTING_MAX), Ok(()));
        check(&nested(NESTING_MAX + 1), Err(Reason::ValueTooDeep));
        let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes));
        check(&text(TEXT_BYTES_MAX), Ok(()));
        check(&text(TEXT_BYTES_MAX + 1), Err(Reason::TextTooLong));
        check(&format!("{{{}: 1}}", text(TEXT_BYTES_MAX + 1)), Err(Reason::TextTooLong));
    }
}
