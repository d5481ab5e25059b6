//! `GET /actions`: the actions of a tenant and env, page by page.

use super::read::{ActionSaid, said};
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::http::page;
use crate::http::query::PageQuery;
use crate::queries::actions;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use uuid::Uuid;

/// A page of actions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActionPage {
    /// By `action_id`.
    actions: Vec<ActionSaid>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// The actions of a tenant and env, by `action_id`.
#[utoipa::path(get, path = "/actions", tag = "gates", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = ActionPage), (status = 400, body = ProblemBody)))]
pub async fn list_actions(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<ActionPage>, ApiError> {
    let (tenant_id, env) = (&member.tenant_id, member.env);
    let list = ["actions", tenant_id.as_str(), env.as_str()].map(str::as_bytes);
    let after = page::after::<Uuid>(&state.seal, &list, query.cursor.as_deref())?;
    let mut found = actions::list(&state.pool, (tenant_id, env), after, query.limit + 1).await?;
    let last = page::cut(&mut found, query.limit);
    let next = last.map(|last| page::seal(&state.seal, &list, &last.action_id.to_string()));
    let actions = found.into_iter().map(said).collect::<Result<_, _>>()?;
    Ok(Json(ActionPage { actions, next }))
}
