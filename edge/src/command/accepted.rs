//! The seal under an accepted command: lets who holds it ask for a command that nothing is known of yet.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use http::header::LOCATION;
use serde::Serialize;
use subjects::ids::{Env, TenantId};
use subjects::routing::StreamKey;
use subjects::seal::SealKey;
use uuid::Uuid;

/// A command was accepted and is not decided yet. It will be, once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AcceptedBody {
    command_id: Uuid,
    /// `pending`.
    status: &'static str,
}

/// Says that a command of this log was accepted, and where to ask what became of it.
pub fn respond(key: &SealKey, stream: &StreamKey, command_id: Uuid) -> Response {
    let accepted = seal(key, &stream.tenant_id, stream.env, command_id);
    let location = format!("/commands/{command_id}?accepted={accepted}");
    let body = AcceptedBody { command_id, status: "pending" };
    (StatusCode::ACCEPTED, [(LOCATION, location)], Json(body)).into_response()
}

const CONTEXT: &[u8] = b"accepted/1";

/// Says that this command of this tenant and env was accepted.
pub fn seal(key: &SealKey, tenant_id: &TenantId, env: Env, command_id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(key.seal(&parts(tenant_id, env, &command_id)))
}

/// Whether we said that this command of this tenant and env was accepted.
pub fn is_sealed(key: &SealKey, tenant_id: &TenantId, env: Env, command_id: Uuid, text: &str) -> bool {
    let seal = URL_SAFE_NO_PAD.decode(text);
    seal.is_ok_and(|seal| key.is_sealed(&parts(tenant_id, env, &command_id), &seal))
}

fn parts<'a>(tenant_id: &'a TenantId, env: Env, command_id: &'a Uuid) -> [&'a [u8]; 4] {
    [CONTEXT, tenant_id.as_str().as_bytes(), env.as_str().as_bytes(), command_id.as_bytes()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_accepted_is_sealed() {
        let key = SealKey::new(b"secret");
        let (acme, id): (TenantId, _) = ("t_acme".parse().unwrap(), Uuid::now_v7());
        let text = seal(&key, &acme, Env::Dev, id);
        assert!(is_sealed(&key, &acme, Env::Dev, id, &text));
        assert!(!is_sealed(&key, &"t_evil".parse().unwrap(), Env::Dev, id, &text));
        assert!(!is_sealed(&key, &acme, Env::Prod, id, &text));
        assert!(!is_sealed(&key, &acme, Env::Dev, Uuid::now_v7(), &text));
        assert!(!is_sealed(&SealKey::new(b"other"), &acme, Env::Dev, id, &text));
        assert!(!is_sealed(&key, &acme, Env::Dev, id, "AAAA"));
        assert!(!is_sealed(&key, &acme, Env::Dev, id, "?"));
    }
}
