//! `POST /threads`: registering a thread.

use crate::context::{Caller, Member, OnCanvas, RequestId, Stated};
use crate::error::{ApiError, ProblemBody};
use crate::http::body::{JsonBody, StatedRouting};
use crate::registry::register::{home, stating};
use crate::registry::threads::ThreadBody;
use crate::registry::{Entry, ListedThread};
use crate::road::control::{self, Asking};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use serde::Deserialize;
use std::sync::Arc;
use subjects::control::{Ask, Granted, NewThread};
use subjects::ids::{Role, ThreadId};
use uuid::Uuid;

/// A thread to be registered. What the context states already, or the canvas, may be left out.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterThreadBody {
    /// Made up when not given.
    thread_id: Option<String>,
    /// The canvas that it is about: then it belongs where the canvas does.
    canvas_id: Option<String>,
    workspace_id: Option<String>,
    project_id: Option<String>,
    app_id: Option<String>,
    surface_id: Option<String>,
    /// Routing keys, if not in headers or query.
    #[schema(value_type = Option<Object>)]
    routing: Option<StatedRouting>,
}

/// Registers a thread, with nothing said in it. Takes the role member.
#[utoipa::path(post, path = "/threads", tag = "registry", security(("bearer" = [])),
    request_body = RegisterThreadBody,
    responses((status = 201, body = ThreadBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn register_thread(
    State(state): State<Arc<AppState>>,
    caller: Caller,
    request_id: RequestId,
    stated: Stated,
    JsonBody(body): JsonBody<RegisterThreadBody>,
) -> Result<Response, ApiError> {
    let mut member = Member::admit(caller, stating(stated, body.routing.as_ref(), &said(&body))?, request_id)?;
    member.needs(Role::Member)?;
    let thread_id = member.keys.thread_id.take().map_or_else(made_up, Ok)?;
    if member.keys.canvas_id.is_some() {
        member = OnCanvas::find(&state, member).await?.member;
    }
    let new = NewThread {
        tenant_id: member.tenant_id.clone(),
        env: member.env,
        thread_id,
        canvas_id: member.keys.canvas_id.clone(),
        home: home(&member.keys)?,
    };
    let created_at = match ask(&state, &member, new.clone()).await? {
        Granted::Thread { created_at } => created_at,
        other => return Err(control::unexpected(&other)),
    };
    let NewThread { tenant_id, env, thread_id, canvas_id, home } = new;
    let location = format!("/threads/{thread_id}/messages");
    let created_by = member.actor().actor_id;
    let entry = Entry { home, canvas_id, title: None, created_by, created_at, graft: None };
    let body = ThreadBody::listed(tenant_id, env, ListedThread { thread_id, entry, head_seq: 0 });
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response())
}

async fn ask(state: &AppState, member: &Member, new: NewThread) -> Result<Granted, ApiError> {
    let order = new.thread_id.to_string();
    control::ask(state, Asking::by(member, &order), Ask::RegisterThread(new)).await
}

fn said(body: &RegisterThreadBody) -> [(&str, &Option<String>); 6] {
    [
        ("thread_id", &body.thread_id),
        ("canvas_id", &body.canvas_id),
        ("workspace_id", &body.workspace_id),
        ("project_id", &body.project_id),
        ("app_id", &body.app_id),
        ("surface_id", &body.surface_id),
    ]
}

fn made_up() -> Result<ThreadId, ApiError> {
    Ok(format!("th_{}", Uuid::now_v7().simple()).parse()?)
}
