//! `/kill-switches`: what is stopped, and letting it go on.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::listing::Listing;
use crate::gates::{change, changed, said};
use crate::http::body::JsonBody;
use crate::http::query::PageQuery;
use crate::limits::AtLimit;
use crate::queries::gates::switches::{self, KillSwitch};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use gates::Target;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::gates::Change;
use subjects::gates::text::{Name, Words};
use subjects::ids::Role;

/// A page of kill switches.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SwitchPage {
    /// The tenant's own that were ever touched, then those of tenant-0 that are thrown.
    kill_switches: Vec<KillSwitch>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// A kill switch to be thrown or released.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSwitchBody {
    target: SwitchTargetBody,
    /// Whether it is to stop the target.
    thrown: bool,
    /// Why.
    #[schema(value_type = String, max_length = 2000)]
    reason: Words,
}

/// What a kill switch is to stop.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchTargetBody {
    /// `everything`, `action`, `provider` or `autonomy` (whatever agents do by themselves).
    #[schema(example = "action")]
    kind: String,
    /// The action or provider; left out for the others.
    #[schema(value_type = Option<String>, max_length = 128)]
    name: Option<Name>,
}

/// Throws or releases a kill switch. Takes the role admin. To release one also takes an approved, current strategy lock that
/// allows `safety:kill_switch_update`: 409 names those that were looked at. In tenant-0's context it holds for everybody in
/// that env. It is in force when this is answered.
#[utoipa::path(put, path = "/kill-switches", tag = "gates", security(("bearer" = [])), request_body = SetSwitchBody,
    responses((status = 200, body = KillSwitch), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody), AtLimit))]
pub async fn set_kill_switch(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<SetSwitchBody>,
) -> Result<Json<KillSwitch>, ApiError> {
    member.needs(Role::Admin)?;
    let SetSwitchBody { target, thrown, reason } = body;
    let target = target.read()?;
    change(&state, &member, Change::SetSwitch { target: target.clone(), thrown, reason }).await?;
    let place = (&member.tenant_id, member.env);
    let found = switches::find(&state.pool, place, (target.kind(), target.name())).await;
    changed(found).map(Json)
}

impl SwitchTargetBody {
    fn read(&self) -> Result<Target, ApiError> {
        let name = self.name.as_ref().map_or("", |name| name.as_str());
        let what = "the kind is everything or autonomy, without a name, or action or provider, with one";
        Target::named(&self.kind, name).ok_or_else(|| said::wrong("target", what))
    }
}

/// The kill switches that hold here or did: the tenant's own, and those that tenant-0 threw for everybody.
#[utoipa::path(get, path = "/kill-switches", tag = "gates", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = SwitchPage), (status = 400, body = ProblemBody)))]
pub async fn list_kill_switches(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<SwitchPage>, ApiError> {
    let listing = Listing::of(&state, &member, "kill_switches", &[], query);
    let mut found = switches::list(&state.pool, (&member.tenant_id, member.env), &listing.span()?).await?;
    let next = listing.cut(&mut found, |switch| switch.mark.clone());
    Ok(Json(SwitchPage { kill_switches: found, next }))
}
