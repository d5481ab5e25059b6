//! `POST /canvas`: registering a canvas.

use crate::context::{Caller, Member, RequestId, Stated};
use crate::error::{ApiError, ProblemBody};
use crate::http::body::{JsonBody, StatedRouting};
use crate::registry::{CanvasBody, Entry};
use crate::road::control::{self, Asking};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::Arc;
use subjects::code::Code;
use subjects::control::{Ask, Granted, Home, NewCanvas};
use subjects::ids::{CanvasId, Role};
use subjects::routing::RoutingKeys;
use uuid::Uuid;

/// A canvas to be registered. What the context states already may be left out.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterBody {
    /// Made up when not given.
    canvas_id: Option<String>,
    workspace_id: Option<String>,
    project_id: Option<String>,
    app_id: Option<String>,
    surface_id: Option<String>,
    /// For people.
    title: Option<String>,
    /// Routing keys, if not in headers or query.
    #[schema(value_type = Option<Object>)]
    routing: Option<StatedRouting>,
}

/// The longest title, in characters.
const TITLE_CHARS_MAX: usize = 200;

/// Registers a canvas and begins its history at rev 0. Takes the role member.
#[utoipa::path(post, path = "/canvas", tag = "registry", security(("bearer" = [])), request_body = RegisterBody,
    responses((status = 201, body = CanvasBody), (status = 409, body = ProblemBody)))]
pub async fn register_canvas(
    State(state): State<Arc<AppState>>,
    caller: Caller,
    request_id: RequestId,
    stated: Stated,
    JsonBody(body): JsonBody<RegisterBody>,
) -> Result<Response, ApiError> {
    let title = title(&body)?;
    let member = Member::admit(caller, stating(stated, body.routing.as_ref(), &said(&body))?, request_id)?;
    member.needs(Role::Member)?;
    let canvas_id = member.keys.canvas_id.clone().map_or_else(made_up, Ok)?;
    let home = home(&member.keys)?;
    let Member { tenant_id, env, .. } = member.clone();
    let new = NewCanvas { tenant_id, env, canvas_id: canvas_id.clone(), home: home.clone(), title: title.clone() };
    let created_at = match ask(&state, &member, new).await? {
        Granted::Canvas { created_at } => created_at,
        other => return Err(control::unexpected(&other)),
    };
    let created_by = member.actor().actor_id;
    let entry = Entry { home, title, canvas_id: None, created_by, created_at, graft: None };
    let location = format!("/canvas/{canvas_id}");
    let body = CanvasBody::registered(member.tenant_id, member.env, canvas_id, entry);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response())
}

async fn ask(state: &AppState, member: &Member, new: NewCanvas) -> Result<Granted, ApiError> {
    let order = new.canvas_id.to_string();
    control::ask(state, Asking::by(member, &order), Ask::RegisterCanvas(new)).await
}

fn said(body: &RegisterBody) -> [(&str, &Option<String>); 5] {
    [
        ("canvas_id", &body.canvas_id),
        ("workspace_id", &body.workspace_id),
        ("project_id", &body.project_id),
        ("app_id", &body.app_id),
        ("surface_id", &body.surface_id),
    ]
}

/// What is stated, with what a body adds: its `routing` first, then its own keys.
pub(crate) fn stating(
    mut stated: Stated,
    routing: Option<&StatedRouting>,
    said: &[(&str, &Option<String>)],
) -> Result<Stated, ApiError> {
    routing.into_iter().try_for_each(|routing| routing.state(&mut stated))?;
    for (key, text) in said {
        text.iter().try_for_each(|text| stated.state(key, text))?;
    }
    Ok(stated)
}

/// Where the keys say that something belongs.
pub(super) fn home(keys: &RoutingKeys) -> Result<Home, ApiError> {
    fn given<T: Clone>(id: &Option<T>, key: &'static str) -> Result<T, ApiError> {
        let missing = || ApiError::new(Code::BodyInvalid, format!("{key} is missing.")).with("at", key);
        id.clone().ok_or_else(missing)
    }
    Ok(Home {
        workspace_id: given(&keys.workspace_id, "workspace_id")?,
        project_id: given(&keys.project_id, "project_id")?,
        app_id: given(&keys.app_id, "app_id")?,
        surface_id: given(&keys.surface_id, "surface_id")?,
    })
}

fn made_up() -> Result<CanvasId, ApiError> {
    Ok(format!("c_{}", Uuid::now_v7().simple()).parse()?)
}

fn title(body: &RegisterBody) -> Result<Option<String>, ApiError> {
    let title = body.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    if title.is_some_and(|title| title.chars().count() > TITLE_CHARS_MAX) {
        let detail: Cow<'static, str> = format!("title has at most {TITLE_CHARS_MAX} characters.").into();
        return Err(ApiError::new(Code::BodyInvalid, detail).with("at", "title"));
    }
    Ok(title.map(str::to_owned))
}
