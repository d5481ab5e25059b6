//! `PUT /feature-flags`: a tenant's own settings, and by tenant-0 everybody's defaults.

use crate::context::{Caller, Member, RequestId, Stated};
use crate::error::{ApiError, ProblemBody};
use crate::flags::body::{FlagsBody, SetFlagsBody};
use crate::http::body::{self, JsonBody};
use crate::road::control::{self, Asking};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use subjects::control::{Ask, Granted};
use subjects::flags::{Asked, InvalidWish, wishes};
use subjects::ids::{Role, TenantId};

/// Changes of a tenant's flags come one after the other.
const ORDER: &str = "flags";

/// Sets flags of a tenant in an env, all that are named or none; the others stay. Takes the role admin. The answer tells
/// what holds now; on every edge, and for every open stream, it holds within a second.
#[utoipa::path(put, path = "/feature-flags", tag = "flags", security(("bearer" = [])), request_body = SetFlagsBody,
    responses((status = 200, body = FlagsBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn set_flags(
    State(state): State<Arc<AppState>>,
    caller: Caller,
    request_id: RequestId,
    mut stated: Stated,
    JsonBody(body): JsonBody<SetFlagsBody>,
) -> Result<Json<FlagsBody>, ApiError> {
    body.routing.iter().try_for_each(|routing| routing.state(&mut stated))?;
    let member = Member::admit(caller, stated, request_id)?;
    member.needs(Role::Admin)?;
    check(&member.tenant_id, &body.flags)?;
    match ask(&state, &member, body.flags).await? {
        Granted::Done => {}
        other => return Err(control::unexpected(&other)),
    }
    state.flags.look().await?;
    let flags = state.flags.effective(&member.tenant_id, member.env).await?;
    Ok(Json(FlagsBody::of(&flags)))
}

/// What is wrong is told here, with its place; who sets it checks again.
fn check(tenant_id: &TenantId, asked: &Asked) -> Result<(), ApiError> {
    let at = |wrong: &InvalidWish| wrong.key().map_or_else(|| "flags".to_owned(), |key| format!("flags.{key}"));
    wishes(tenant_id, asked).map(drop).map_err(|wrong| body::invalid(format!("{wrong}."), &at(&wrong)))
}

async fn ask(state: &AppState, member: &Member, flags: Asked) -> Result<Granted, ApiError> {
    let ask = Ask::SetFlags { tenant_id: member.tenant_id.clone(), env: member.env, flags, asker_role: member.role };
    control::ask(state, Asking::by(member, ORDER), ask).await
}
