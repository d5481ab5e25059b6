//! Whether a token of another issuer is valid and for us. Pure but for the clock.

use super::config::IssuerConfig;
use crate::error::ApiError;
use crate::identity::credentials;
use crate::identity::token::{LEEWAY_SECS, TOKEN_SECS_MAX, refused, why};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, get_current_timestamp};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use subjects::ids::ActorId;
use uuid::Uuid;

/// What a valid token of another issuer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Foreign {
    /// Our name for its subject.
    pub(super) user_id: ActorId,
    /// `iss`
    pub(super) issuer: String,
    /// `sub`
    pub(super) subject: String,
    /// Where the issuer vouches for it.
    pub(super) email: Option<String>,
    /// What we call the token.
    pub(super) token_id: Uuid,
    /// What we call its session, where it names one.
    pub(super) session_id: Option<Uuid>,
    /// When it ends.
    pub(super) exp: u64,
    /// When it was made.
    pub(super) iat: u64,
}

#[derive(Deserialize)]
struct Said {
    iss: String,
    sub: String,
    exp: u64,
    iat: u64,
    jti: Option<String>,
    sid: Option<String>,
    origin_jti: Option<String>,
    client_id: Option<String>,
    token_use: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
}

const SUBJECT_BYTES_MAX: usize = 255;

/// Checks the signature with the issuer's key, and every claim. The header chooses nothing that the issuer does not allow.
pub(super) fn check(
    issuer: &IssuerConfig,
    token: &str,
    (algorithm, key): (Algorithm, &DecodingKey),
) -> Result<Foreign, ApiError> {
    let said = decode::<Said>(token, key, &validation(issuer, algorithm)).map_err(|error| why(&error))?.claims;
    if said.iat > get_current_timestamp() + LEEWAY_SECS {
        return Err(refused("The token was made in the future."));
    }
    let is_client = |allowed: &[String]| said.client_id.as_ref().is_some_and(|client| allowed.contains(client));
    if !issuer.client_ids.is_empty() && !is_client(&issuer.client_ids) {
        return Err(refused("The token was made for another client."));
    }
    if issuer.token_use.is_some() && issuer.token_use != said.token_use {
        return Err(refused("The token is for another use."));
    }
    if !(1..=SUBJECT_BYTES_MAX).contains(&said.sub.len()) || said.sub.contains('\0') {
        return Err(refused("The token's subject is in no form that we know."));
    }
    foreign(said, token)
}

fn validation(issuer: &IssuerConfig, algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.leeway = LEEWAY_SECS;
    validation.validate_nbf = true;
    validation.set_issuer(&[&issuer.issuer]);
    if issuer.audiences.is_empty() {
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    } else {
        validation.set_audience(&issuer.audiences);
        validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
    }
    validation
}

fn foreign(said: Said, token: &str) -> Result<Foreign, ApiError> {
    let Said { iss, sub, exp, iat, jti, sid, origin_jti, email, email_verified, .. } = said;
    let is_vouched_for = matches!(email_verified, Some(Value::Bool(true)))
        || email_verified.as_ref().and_then(Value::as_str) == Some("true");
    let email = email.filter(|_| is_vouched_for).and_then(|email| credentials::email(&email).ok());
    let name = hash(&iss, "sub", &sub);
    Ok(Foreign {
        user_id: format!("o_{}", hex::encode(&name[..20])).parse()?,
        // A token without a name is named by itself.
        token_id: Uuid::new_v8(first_16(&hash(&iss, "jti", jti.as_deref().unwrap_or(token)))),
        session_id: sid.or(origin_jti).map(|session| Uuid::new_v8(first_16(&hash(&iss, "sid", &session)))),
        issuer: iss,
        subject: sub,
        email,
        // What is revoked is not remembered for longer.
        exp: exp.min(iat.saturating_add(TOKEN_SECS_MAX)),
        iat,
    })
}

/// No issuer can make up another's names.
fn hash(issuer: &str, what: &str, text: &str) -> [u8; 32] {
    let parts = [issuer, what, text].map(|part| format!("{}:{part}", part.len()));
    Sha256::digest(parts.concat()).into()
}

fn first_16(hash: &[u8; 32]) -> [u8; 16] {
    let mut first = [0; 16];
    first.copy_from_slice(&hash[..16]);
    first
}
