//! `POST /actions`: something is to touch the world.

use super::body::{ACTION_BYTES_MAX, ActionBody};
use crate::command::answer::marked;
use crate::command::body::{check_key, fingerprint};
use crate::context::{Caller, Member, OnCanvas, OnThread, RequestId, Stated};
use crate::error::{ApiError, ProblemBody};
use crate::http::body::{self, read};
use crate::limits::{AtLimit, Class};
use crate::road::ask::{self, Question};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use http::header::LOCATION;
use http::{HeaderMap, HeaderName};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use subjects::action::refusal::{in_short, refusal};
use subjects::action::{Act, Acted, ActionStatus, facts_ref, id_by_key};
use subjects::answer::Rejection;
use subjects::code::Code;
use subjects::gates::{GatesAsk, GatesGrant};
use subjects::ids::Role;
use subjects::subject::Asked;
use uuid::Uuid;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const RETRY_AFTER_SECS: u64 = 1;
/// Actions of a tenant and env are decided about one after the other: they need not wait for each other in the database.
const ORDER: &str = "actions";

/// What was decided.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DecidedBody {
    action_id: Uuid,
    /// `{allowed, gate?, code?, facts_ref}`
    #[schema(value_type = Object)]
    decision: Value,
    /// `done` where whoever asks carries it out, else `pending`; null of what was only tried.
    #[schema(value_type = Option<String>, example = "pending")]
    status: Option<ActionStatus>,
    /// What every gate says, of what was only tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    gates: Option<Value>,
    /// What they decide on, of what was only tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    facts: Option<Value>,
}

/// Asks for an external mutation. Takes the role member.
///
/// The gates are asked in their order, on facts that are read at once; the first that refuses is the answer, with what would
/// change it. What is allowed is carried out by `webhook_url`, signed by Standard Webhooks under `webhook-id` = `action_id`
/// (the same in every attempt), tried again for hours; or by whoever asks, where there is none. A 503 with an `action_id`
/// means that nobody said in time what was decided: `GET /actions/{action_id}` tells. What is decided on later than 5 s after
/// it was asked is refused (KILL_SWITCH_UNKNOWN): an action that is not there then never happens.
#[utoipa::path(post, path = "/actions", tag = "gates", security(("bearer" = [])), request_body = ActionBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same as `idempotency_key`")),
    responses((status = 200, body = DecidedBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), AtLimit,
        (status = 503, body = ProblemBody)))]
pub async fn act(
    State(state): State<Arc<AppState>>,
    caller: Caller,
    request_id: RequestId,
    stated: Stated,
    request: Request,
) -> Result<Response, ApiError> {
    let stated_key = key(request.headers())?;
    let bytes = read(request, ACTION_BYTES_MAX).await?;
    let body: ActionBody = body::parse(&bytes)?;
    let member = member(&state, (caller, request_id, stated), &body).await?;
    body.check(&member.actor(), state.config.webhooks.reach())?;
    let correlation_id = body.correlation_id;
    let act = wish(&member, body, (stated_key, fingerprint(&bytes)?))?;
    let action_id = act.action_id;
    let ask = GatesAsk::Act(Box::new(act));
    let question = Question { of: Asked::Gates, kind: ask.kind(), order: ORDER, correlation_id };
    match ask::in_time(&state, &member, question, ask.clone()).await? {
        Some(GatesGrant::Acted(acted)) => Ok(respond(*acted)),
        Some(other) => Err(ApiError::internal(format!("gates granted something else: {other:?}"))),
        None => Err(unanswered(action_id)),
    }
}

/// Who asks, where. A surface that is named is the one of the canvas or thread, if one is named.
async fn member(
    state: &AppState,
    (caller, request_id, mut stated): (Caller, RequestId, Stated),
    body: &ActionBody,
) -> Result<Member, ApiError> {
    body.routing.iter().try_for_each(|routing| routing.state(&mut stated))?;
    body.surface.iter().try_for_each(|surface| stated.state("surface_id", surface))?;
    let member = Member::admit(caller, stated, request_id)?;
    member.needs(Role::Member)?;
    state.rates.take(&member.tenant_id, Class::Commands).await?;
    match (&member.keys.thread_id, &member.keys.canvas_id) {
        (Some(_), _) => Ok(OnThread::find(state, member).await?.member),
        (None, Some(_)) => Ok(OnCanvas::find(state, member).await?.member),
        (None, None) => Ok(member),
    }
}

fn wish(
    member: &Member,
    body: ActionBody,
    (stated_key, fingerprint): (Option<String>, String),
) -> Result<Act, ApiError> {
    let key = match (body.idempotency_key, stated_key) {
        (Some(one), Some(other)) if one != other => {
            return Err(body::invalid("idempotency_key is stated twice and differs.".into(), "idempotency_key"));
        }
        (one, other) => one.or(other),
    };
    let actor_id = &member.actor().actor_id;
    let action_id = match key {
        Some(key) if !body.dry_run => id_by_key((&member.tenant_id, member.env), actor_id, &key),
        Some(_) | None => Uuid::now_v7(),
    };
    Ok(Act {
        action_id,
        action: body.action,
        subject_type: body.subject.kind,
        subject_id: body.subject.id,
        provider: body.provider,
        cost: body.cost.map(|cost| cost.read("cost.amount")).transpose()?,
        payload: body.payload.map(|payload| payload.get().to_owned()),
        webhook_url: body.webhook_url,
        dry_run: body.dry_run,
        asked_at: Utc::now(),
        fingerprint,
    })
}

/// The key that a header states.
fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    check_key(text)?;
    Ok(Some(text.to_owned()))
}

fn respond(acted: Acted) -> Response {
    let Acted { action_id, status, decision, facts, is_repeat } = acted;
    let facts_ref = status.map(|_| facts_ref(action_id));
    let short = in_short(&decision, facts_ref.as_deref());
    let Some(status) = status else {
        let gates = Some(json!(decision.steps));
        return Json(DecidedBody { action_id, decision: short, status, gates, facts }).into_response();
    };
    if let Some(Rejection::Refused { code, detail, members }) = refusal(&decision) {
        let refused = ApiError::new(code, detail).with_all(members);
        // `status` is HTTP's in a problem (RFC 9457): that the action is `refused`, the code says.
        let refused = refused.with("action_id", action_id.to_string()).with("decision", short).by_worker();
        return marked(refused.into_response(), is_repeat);
    }
    let body = DecidedBody { action_id, decision: short, status: Some(status), gates: None, facts: None };
    marked(([(LOCATION, location(action_id))], Json(body)).into_response(), is_repeat)
}

fn location(action_id: Uuid) -> String {
    format!("/actions/{action_id}")
}

fn unanswered(action_id: Uuid) -> ApiError {
    let location = location(action_id);
    let detail = format!(
        "Nobody said in time what was decided. Look at {location}: what is not there 5 s after you asked never happens."
    );
    ApiError::new(Code::Unavailable, detail).with("action_id", action_id.to_string()).retry_after(RETRY_AFTER_SECS)
}
