//! Tickets, renewal over HTTP, and revoking a token.

use super::renew::renew_anywhere;
use super::ticket::{self, REDEEM_SECS};
use crate::context::{Caller, Member, RequestId, Stated};
use crate::error::{ApiError, ProblemBody};
use crate::http::body::{self, JsonBody};
use crate::limits::Class;
use crate::queries::tickets::{self, Ticket};
use crate::road::control::{self, Asking};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use chrono::DateTime;
use http::header::ORIGIN;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::control::{Ask, Granted};
use subjects::ids::{Env, Role, TenantId};
use uuid::Uuid;

/// What a ticket is to open.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketBody {
    /// The path of the stream, without its query.
    #[schema(example = "/sse/canvas/c1")]
    scope: String,
    /// The origin of the page that will use it, where that is not the one that asks.
    #[schema(example = "https://app.example")]
    origin: Option<String>,
}

/// A ticket.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TicketGiven {
    /// For `?ticket=`, or as the WebSocket subprotocol `ticket.…`.
    ticket: String,
    /// How soon it must be used, in seconds.
    expires_in: u64,
    scope: String,
    /// The stream that it opens: `POST /streams/{stream_id}/auth` renews its token.
    stream_id: Uuid,
}

/// A token to be revoked.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeBody {
    /// `jti` of the token; the one that the request came with where it is left out.
    jti: Option<Uuid>,
}

/// What tickets can open: a path and whether it ends there.
const SCOPES: [&str; 6] = ["/ws", "/ws/chat/", "/sse/canvas/", "/sse/chat/", "/sse/replay/", "/sse/audit"];
const SCOPE_BYTES_MAX: usize = 128;
const ORIGIN_BYTES_MAX: usize = 256;

/// Gives a ticket, for browsers, which send no headers with EventSource and WebSocket. It is bound to tenant, env, actor,
/// origin and path, and opens one stream within 30 s. An EventSource may re-open that stream with it, by the
/// `Last-Event-ID` that it sends by itself, while the token behind it is valid.
#[utoipa::path(post, path = "/tickets", tag = "identity", security(("bearer" = [])), request_body = TicketBody,
    responses((status = 201, body = TicketGiven), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody)))]
pub async fn give_ticket(
    State(state): State<Arc<AppState>>,
    member: Member,
    headers: HeaderMap,
    JsonBody(body): JsonBody<TicketBody>,
) -> Result<(StatusCode, Json<TicketGiven>), ApiError> {
    if member.caller.ticket.is_some() {
        return Err(ApiError::new(subjects::code::Code::Unauthenticated, "A ticket gets no tickets. Send a token."));
    }
    let origin = origin(&headers, body.origin)?;
    let scope = scope(body.scope)?;
    state.rates.take(&member.tenant_id, Class::Commands).await?;
    let (text, key) = ticket::new(&member.tenant_id);
    let claims = &member.caller.claims;
    let held = Ticket {
        env: member.env,
        scope: scope.clone(),
        origin,
        stream_id: Uuid::new_v4(),
        claims: serde_json::to_value(claims).map_err(ApiError::internal)?,
        expires_at: DateTime::from_timestamp(claims.exp.cast_signed(), 0).unwrap_or(DateTime::UNIX_EPOCH),
    };
    tickets::issue(&state.pool, &key, &held, REDEEM_SECS as i32).await?;
    let given = TicketGiven { ticket: text, expires_in: REDEEM_SECS, scope, stream_id: held.stream_id };
    Ok((StatusCode::CREATED, Json(given)))
}

/// A page that asks for itself names itself, and cannot lie about it.
fn origin(headers: &HeaderMap, stated: Option<String>) -> Result<Option<String>, ApiError> {
    let own = headers.get(ORIGIN).map(|own| own.to_str().unwrap_or_default().to_owned());
    match (own, stated) {
        (Some(own), Some(stated)) if own != stated => {
            Err(body::invalid("origin is not the one of the page that asks.".into(), "origin"))
        }
        (_, Some(stated)) if stated.len() > ORIGIN_BYTES_MAX => {
            Err(body::invalid(format!("origin has at most {ORIGIN_BYTES_MAX} bytes."), "origin"))
        }
        (Some(own), _) => Ok(Some(own)),
        (None, stated) => Ok(stated),
    }
}

fn scope(scope: String) -> Result<String, ApiError> {
    let is_path = |known: &str| match known.strip_suffix('/') {
        Some(_) => scope.strip_prefix(known).is_some_and(|id| id.parse::<subjects::ids::CanvasId>().is_ok()),
        None => scope == known,
    };
    if scope.len() <= SCOPE_BYTES_MAX && SCOPES.iter().any(|known| is_path(known)) {
        return Ok(scope);
    }
    Err(body::invalid(format!("scope is the path of a stream: one of {}…", SCOPES.join("…, ")), "scope"))
}

/// Lets an open stream go on with the token that this request comes with: of the same actor, and newer. Any edge takes it.
#[utoipa::path(post, path = "/streams/{stream_id}/auth", tag = "rails", security(("bearer" = [])),
    params(("stream_id" = Uuid, Path, description = "As `hello` and `auth_expiring` name it")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn renew_stream(
    State(state): State<Arc<AppState>>,
    caller: Caller,
    Path(stream_id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let stream_id = stream_id.parse().map_err(|_| ApiError::not_found())?;
    renew_anywhere(&state, stream_id, &caller.claims).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revokes a token: one's own everywhere; any other in the tenant that the request states, which takes the role admin.
/// Within a second it opens nothing, and the streams that it opened are closed.
#[utoipa::path(post, path = "/auth/revoke", tag = "identity", security(("bearer" = [])), request_body = RevokeBody,
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn revoke_token(
    State(state): State<Arc<AppState>>,
    caller: Caller,
    request_id: RequestId,
    stated: Stated,
    JsonBody(body): JsonBody<RevokeBody>,
) -> Result<StatusCode, ApiError> {
    let own = caller.claims.jti;
    let token_id = body.jti.unwrap_or(own);
    let actor_id = Some(caller.claims.sub.clone());
    let tenant_id = if token_id == own {
        TenantId::system()
    } else {
        let member = Member::admit(caller, stated, request_id.clone())?;
        member.needs(Role::Admin)?;
        member.tenant_id
    };
    let order = token_id.to_string();
    let asking =
        Asking { tenant_id: tenant_id.clone(), env: Env::Prod, order: &order, request_id: &request_id, actor_id };
    match control::ask(&state, asking, Ask::RevokeToken { tenant_id, token_id }).await? {
        Granted::Done => Ok(StatusCode::NO_CONTENT),
        other => Err(control::unexpected(&other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_the_path_of_a_stream() {
        for good in ["/ws", "/ws/chat/t1", "/sse/canvas/c1", "/sse/chat/t1"] {
            assert!(scope(good.into()).is_ok(), "{good}");
        }
        for bad in
            ["", "/", "/ws/", "/ws/chat/", "/canvas/c1", "/sse/canvas/a/b", "/sse/canvas/c1?x=1", "/sse/canvas/a b"]
        {
            assert!(scope(bad.into()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_cannot_ask_for_another() {
        let mut headers = HeaderMap::new();
        assert_eq!(origin(&headers, None).unwrap(), None);
        assert_eq!(origin(&headers, Some("https://a".into())).unwrap().as_deref(), Some("https://a"));
        headers.insert(ORIGIN, "https://b".parse().unwrap());
        assert_eq!(origin(&headers, None).unwrap().as_deref(), Some("https://b"));
        assert!(origin(&headers, Some("https://a".into())).is_err());
    }
}
