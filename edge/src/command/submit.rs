//! `POST /canvas/{canvas_id}/commands`: admitting a command and answering it.

use crate::command::accepted::{self, AcceptedBody};
use crate::command::answer::{self, AppliedBody};
use crate::command::body::{self, CommandBody};
use crate::command::lanes::{self, stage};
use crate::context::{Caller, Member, OnCanvas, RequestId, Stated};
use crate::error::{ApiError, ProblemBody};
use crate::http::body::read;
use crate::limits::{AtLimit, Class};
use crate::state::AppState;
use axum::extract::{Request, State};
use axum::response::Response;
use std::sync::Arc;
use subjects::command::Command;
use subjects::ids::Role;
use subjects::limits::COMMAND_BYTES_MAX;
use subjects::trace::TraceParent;
use tokio::time::Instant;

/// Sends a command to a canvas. Takes the role member.
///
/// All of its operations are applied, or none. A 503 BUS_UNAVAILABLE means that the bus did not take it; where only
/// the bus's acknowledgement was lost, the command may still be applied later: send it again with the same body, and
/// the idempotency key sees to it that it happens once.
#[utoipa::path(post, path = "/canvas/{canvas_id}/commands", tag = "canvas", security(("bearer" = [])),
    params(("canvas_id" = String, Path)), request_body = CommandBody,
    responses((status = 200, body = AppliedBody), (status = 202, body = AcceptedBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), AtLimit,
        (status = 503, body = ProblemBody)))]
pub async fn submit_command(
    State(state): State<Arc<AppState>>,
    caller: Caller,
    request_id: RequestId,
    mut stated: Stated,
    request: Request,
) -> Result<Response, ApiError> {
    let begun = Instant::now();
    let bytes = read(request, COMMAND_BYTES_MAX).await?;
    if let Some(tenant_id) = stated.tenant_id.as_ref().filter(|tenant_id| caller.belongs_to(tenant_id)) {
        state.rates.check(tenant_id, Class::Commands).await?;
    }
    let body = body::read(&bytes)?;
    body.routing.iter().try_for_each(|routing| routing.state(&mut stated))?;
    let canvas = admit(&state, Member::admit(caller, stated, request_id)?).await?;
    let fingerprint = body::fingerprint(&bytes)?;
    let command_id = body.command_id;
    let trace = node::telemetry::current();
    let command = serde_json::to_vec(&command(body, fingerprint, &canvas, trace)).map_err(ApiError::internal)?;
    stage("admit", begun);
    let outcome = state.lanes.join(&canvas.stream, command, trace)?.await;
    stage("total", begun);
    Ok(match lanes::answered(outcome)? {
        Some(answer) => answer::respond(answer, &state.seal, &canvas.stream),
        None => accepted::respond(&state.seal, &canvas.stream, command_id),
    })
}

async fn admit(state: &AppState, member: Member) -> Result<OnCanvas, ApiError> {
    member.needs(Role::Member)?;
    state.rates.take(&member.tenant_id, Class::Commands).await?;
    OnCanvas::find(state, member).await
}

fn command(body: CommandBody, fingerprint: String, canvas: &OnCanvas, trace: TraceParent) -> Command {
    Command {
        command_id: body.command_id,
        idempotency_key: body.idempotency_key,
        fingerprint,
        base_rev: body.base_rev,
        actor: canvas.member.actor(),
        routing: canvas.member.keys.clone(),
        correlation_id: body.correlation_id.unwrap_or(body.command_id),
        request_id: canvas.member.request_id.to_string(),
        trace,
        intent: body.intent,
        ops: body.ops,
    }
}
