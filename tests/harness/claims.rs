//! Claims of a token that is valid, and one thing changed.

use serde_json::Value;

/// The claims, of which this one says something else.
pub fn with(claims: &Value, claim: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[claim] = value;
    claims
}

/// The claims, of which this one is missing.
pub fn without(claims: &Value, claim: &str) -> Value {
    let mut claims = claims.clone();
    claims.as_object_mut().expect("claims").remove(claim);
    claims
}
