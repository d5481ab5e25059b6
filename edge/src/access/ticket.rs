//! Tickets: 256 random bits that open one stream, for those who cannot send headers.

use super::open::Resumes;
use crate::context::Stated;
use crate::error::ApiError;
use crate::identity::token::Claims;
use crate::queries::tickets::{self, Ticket, TicketKey};
use crate::state::AppState;
use axum::extract::Query;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use http::request::Parts;
use sha2::{Digest, Sha256};
use subjects::code::Code;
use subjects::ids::{Env, TenantId};
use uuid::Uuid;

/// How soon a ticket must be redeemed.
pub const REDEEM_SECS: u64 = 30;
/// What stands before a ticket among the subprotocols of a WebSocket.
pub const SUBPROTOCOL_PREFIX: &str = "ticket.";
const RANDOM_BYTES: usize = 32;

/// A ticket that a request came with, looked at and not spent yet.
#[derive(Debug, Clone)]
pub struct HeldTicket {
    /// By which it is found.
    pub key: TicketKey,
    /// In which environment it is good.
    pub env: Env,
    stream_id: Uuid,
}

impl HeldTicket {
    /// Where the ticket is good is stated by it.
    pub fn state(&self, stated: &mut Stated) -> Result<(), ApiError> {
        stated.state("tenant_id", self.key.tenant_id.as_str())?;
        stated.state("env", self.env.as_str())
    }
}

/// A new ticket of the tenant, and by which it is found: the tenant, and a hash of the ticket.
pub(super) fn new(tenant_id: &TenantId) -> (String, TicketKey) {
    let random: [u8; RANDOM_BYTES] = rand::random();
    let text = format!("{tenant_id}.{}", URL_SAFE_NO_PAD.encode(random));
    let key = TicketKey { tenant_id: tenant_id.clone(), hash: hash(&text) };
    (text, key)
}

fn read(text: &str) -> Option<TicketKey> {
    let (tenant_id, random) = text.split_once('.')?;
    let is_whole = URL_SAFE_NO_PAD.decode(random).is_ok_and(|bytes| bytes.len() == RANDOM_BYTES);
    let tenant_id = tenant_id.parse().ok().filter(|_| is_whole)?;
    Some(TicketKey { tenant_id, hash: hash(text) })
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// The ticket that a request brings along: in its query, or among the subprotocols of its WebSocket.
pub fn brought(parts: &Parts) -> Option<String> {
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).ok()?;
    let said = query.0.into_iter().find(|(name, _)| name == "ticket").map(|(_, text)| text);
    said.or_else(|| subprotocol(&parts.headers))
}

fn subprotocol(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let mut offered = values.flat_map(|value| value.split(',')).map(str::trim);
    offered.find_map(|word| word.strip_prefix(SUBPROTOCOL_PREFIX)).map(str::to_owned)
}

/// The claims behind a ticket that is good for this request. It is not spent by that.
pub async fn look(state: &AppState, parts: &Parts, text: &str) -> Result<(Claims, HeldTicket), ApiError> {
    let key = read(text).ok_or_else(refused)?;
    let found = tickets::find(&state.pool, &key).await?.ok_or_else(refused)?;
    if !is_for(&found, parts) {
        return Err(refused());
    }
    let Ticket { env, stream_id, claims, .. } = found;
    let claims: Claims = serde_json::from_value(claims).map_err(ApiError::internal)?;
    let claims = state.revocations.correct(claims).await?;
    Ok((claims, HeldTicket { key, env, stream_id }))
}

/// A ticket is for one path, and for pages of one origin. A page of another says so by itself; one of ours need not.
fn is_for(ticket: &Ticket, parts: &Parts) -> bool {
    let origin = parts.headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    ticket.scope == parts.uri.path() && origin.is_none_or(|origin| ticket.origin.as_deref() == Some(origin))
}

/// Spends the ticket, once over all edges; again only for who has read its stream. Gives the stream's name.
pub(super) async fn redeem(state: &AppState, held: &HeldTicket, resumes: Resumes) -> Result<Uuid, ApiError> {
    let has_read = match resumes {
        Resumes::Proven => true,
        Resumes::Unproven => false,
    };
    let is_redeemed = tickets::redeem(&state.pool, &held.key, has_read).await?;
    if is_redeemed { Ok(held.stream_id) } else { Err(refused()) }
}

fn refused() -> ApiError {
    ApiError::new(Code::Unauthenticated, "The ticket is not for this, spent, or too old. Get another.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    #[test]
    fn a_ticket_is_read_as_it_is_written() {
        let (text, key) = new(&"t_acme".parse().unwrap());
        assert_eq!(read(&text), Some(key.clone()));
        assert!(!format!("{key:?}").contains(text.split_once('.').unwrap().1));
        for bad in
            ["", ".", "t_acme", "t_acme.", "t_acme.AAAA", &text[1..], &text[..text.len() - 1], &format!("{text}A")]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    fn parts(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let request = headers
            .iter()
            .fold(http::Request::builder().uri(uri), |request, (name, value)| request.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_ticket_is_brought_along() {
        let check = |uri: &str, headers: &[(&str, &str)], expected: Option<&str>| {
            assert_eq!(brought(&parts(uri, headers)).as_deref(), expected, "{uri} {headers:?}");
        };
        check("/ws?ticket=t_a.x", &[], Some("t_a.x"));
        check("/ws?tickets=t_a.x", &[], None);
        check("/ws", &[("sec-websocket-protocol", "v1, ticket.t_a.x")], Some("t_a.x"));
        check("/ws", &[("sec-websocket-protocol", "v1")], None);
    }

    #[test]
    fn a_ticket_is_for_one_path_and_origin() {
        let check = |origin: Option<&str>, uri: &str, from: Option<&str>, expected: bool| {
            let ticket = Ticket {
                env: Env::Dev,
                scope: "/sse/canvas/c1".into(),
                origin: origin.map(str::to_owned),
                stream_id: Uuid::nil(),
                claims: serde_json::Value::Null,
                expires_at: Utc::now(),
            };
            let headers: Vec<_> = from.iter().map(|from| ("origin", *from)).collect();
            assert_eq!(is_for(&ticket, &parts(uri, &headers)), expected, "{origin:?} {uri} {from:?}");
        };
        let (here, there) = (Some("https://a.example"), Some("https://b.example"));
        check(here, "/sse/canvas/c1?ticket=x", here, true);
        check(here, "/sse/canvas/c1", None, true);
        check(None, "/sse/canvas/c1", None, true);
        check(None, "/sse/canvas/c1", here, false);
        check(here, "/sse/canvas/c1", there, false);
        check(here, "/sse/canvas/c1", Some("null"), false);
        check(here, "/sse/canvas/c2", here, false);
        check(here, "/canvas/c1", here, false);
    }
}
