//! What a token says of itself before it is checked: only enough to know whose key to check it with.

use crate::error::ApiError;
use crate::identity::token::refused;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::Value;

/// The header of a token. What it says of keys and where to get them is not read.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    pub(super) alg: Algorithm,
    pub(super) kid: Option<String>,
    /// What must be understood. We understand none of it.
    crit: Option<Value>,
}

const KID_BYTES_MAX: usize = 256;

/// The issuer that a token names.
pub fn issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        iss: String,
    }
    let [_, claims, _] = parts(token)?;
    Some(serde_json::from_slice::<Named>(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?.iss)
}

/// The header of a token.
pub(super) fn head(token: &str) -> Result<Head, ApiError> {
    let unreadable = || refused("The token's header cannot be read.");
    let [head, ..] = parts(token).ok_or_else(unreadable)?;
    let head = URL_SAFE_NO_PAD.decode(head).map_err(|_| unreadable())?;
    let head: Head = serde_json::from_slice(&head).map_err(|_| unreadable())?;
    let is_plain = head.crit.is_none() && head.kid.as_ref().is_none_or(|kid| kid.len() <= KID_BYTES_MAX);
    if is_plain { Ok(head) } else { Err(unreadable()) }
}

fn parts(token: &str) -> Option<[&str; 3]> {
    let mut parts = token.split('.');
    let parts = [parts.next()?, parts.next()?, parts.next()?, parts.next().unwrap_or_default()];
    let [head, claims, signature, more] = parts;
    more.is_empty().then_some([head, claims, signature])
}
