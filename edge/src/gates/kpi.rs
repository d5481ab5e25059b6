//! `/kpi/definitions` and `/kpi/corridors`: figures, and within what they must lie.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::listing::Listing;
use crate::gates::{change, changed, said};
use crate::http::body::JsonBody;
use crate::http::query::{PageQuery, UrlQuery};
use crate::limits::AtLimit;
use crate::queries::gates::kpi::{self, CorridorSaid, KpiBody};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::code::Code;
use subjects::gates::Change;
use subjects::gates::change::{NewCorridor, NewKpi};
use subjects::gates::text::{Name, Words};
use subjects::ids::{Role, SurfaceId};

/// A page of figures.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KpiPage {
    /// By `kpi`.
    definitions: Vec<KpiBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// A page of corridors.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CorridorPage {
    /// By surface and figure.
    corridors: Vec<CorridorSaid>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// A figure to be defined.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DefineBody {
    /// Names it. Said twice with the same, it is defined once.
    #[schema(value_type = String, example = "checkout.conversion", max_length = 128)]
    kpi: Name,
    /// For people.
    #[schema(value_type = String, max_length = 2000)]
    title: Words,
    /// What its numbers count.
    #[schema(value_type = String, example = "percent", max_length = 2000)]
    unit: Words,
}

/// Bounds of a figure on a surface.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorridorBody {
    /// On which surface.
    #[schema(value_type = String)]
    surface: SurfaceId,
    /// Which figure.
    #[schema(value_type = String, max_length = 128)]
    kpi: Name,
    /// Not below this. One of the two is said at least.
    min: Option<f64>,
    /// Not above this.
    max: Option<f64>,
}

/// Which corridor.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CorridorQuery {
    /// On which surface.
    surface: String,
    /// Of which figure.
    kpi: String,
}

/// Of which surface.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SurfaceQuery {
    /// Only of this surface.
    surface: Option<String>,
}

/// Defines a figure. Takes the role admin.
#[utoipa::path(post, path = "/kpi/definitions", tag = "gates", security(("bearer" = [])), request_body = DefineBody,
    responses((status = 201, body = KpiBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody), AtLimit))]
pub async fn define_kpi(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<DefineBody>,
) -> Result<(StatusCode, Json<KpiBody>), ApiError> {
    member.needs(Role::Admin)?;
    let DefineBody { kpi, title, unit } = body;
    change(&state, &member, Change::DefineKpi(NewKpi { kpi: kpi.clone(), title, unit })).await?;
    let found = kpi::find_definition(&state.pool, (&member.tenant_id, member.env), kpi.as_str()).await;
    Ok((StatusCode::CREATED, changed(found).map(Json)?))
}

/// The figures.
#[utoipa::path(get, path = "/kpi/definitions", tag = "gates", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = KpiPage), (status = 400, body = ProblemBody)))]
pub async fn list_kpis(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<KpiPage>, ApiError> {
    let listing = Listing::of(&state, &member, "kpis", &[], query);
    let mut found = kpi::definitions(&state.pool, (&member.tenant_id, member.env), &listing.span()?).await?;
    let next = listing.cut(&mut found, |kpi| kpi.kpi.clone());
    Ok(Json(KpiPage { definitions: found, next }))
}

/// Sets the bounds of a figure on a surface; they replace those that it has. Takes the role admin, and an approved, current
/// strategy lock that allows `kpi:corridor_upsert` there: 409 names those that were looked at.
#[utoipa::path(put, path = "/kpi/corridors", tag = "gates", security(("bearer" = [])), request_body = CorridorBody,
    responses((status = 200, body = CorridorSaid), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        AtLimit))]
pub async fn set_corridor(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<CorridorBody>,
) -> Result<Json<CorridorSaid>, ApiError> {
    member.needs(Role::Admin)?;
    let corridor = body.read()?;
    let (surface, kpi) = (corridor.surface.clone(), corridor.kpi.clone());
    change(&state, &member, Change::SetCorridor(corridor)).await?;
    let place = (&member.tenant_id, member.env);
    changed(kpi::find_corridor(&state.pool, place, (surface.as_str(), kpi.as_str())).await).map(Json)
}

impl CorridorBody {
    fn read(self) -> Result<NewCorridor, ApiError> {
        let Self { surface, kpi, min, max } = self;
        let min = min.map(|min| said::figure(min, "min")).transpose()?;
        let max = max.map(|max| said::figure(max, "max")).transpose()?;
        match (min, max) {
            (None, None) => Err(said::wrong("min", "there is neither min nor max")),
            (Some(min), Some(max)) if min > max => Err(said::wrong("min", "it is above max")),
            (Some(_), Some(_) | None) | (None, Some(_)) => Ok(NewCorridor { surface, kpi, min, max }),
        }
    }
}

/// Takes the bounds of a figure on a surface away. Takes what setting them takes.
#[utoipa::path(delete, path = "/kpi/corridors", tag = "gates", security(("bearer" = [])), params(CorridorQuery),
    responses((status = 204), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), AtLimit))]
pub async fn drop_corridor(
    State(state): State<Arc<AppState>>,
    member: Member,
    UrlQuery(which): UrlQuery<CorridorQuery>,
) -> Result<StatusCode, ApiError> {
    member.needs(Role::Admin)?;
    let unread = |what: String| ApiError::new(Code::QueryInvalid, what);
    let surface = which.surface.parse().map_err(|wrong| unread(format!("{wrong}.")))?;
    let kpi = which.kpi.parse().map_err(|wrong| unread(format!("At kpi: {wrong}.")))?;
    change(&state, &member, Change::DropCorridor { surface, kpi }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The corridors, of a surface where one is named.
#[utoipa::path(get, path = "/kpi/corridors", tag = "gates", security(("bearer" = [])), params(SurfaceQuery, PageQuery),
    responses((status = 200, body = CorridorPage), (status = 400, body = ProblemBody)))]
pub async fn list_corridors(
    State(state): State<Arc<AppState>>,
    member: Member,
    UrlQuery(of): UrlQuery<SurfaceQuery>,
    query: PageQuery,
) -> Result<Json<CorridorPage>, ApiError> {
    let surface = of.surface.as_deref();
    said::filters(&[surface])?;
    let listing = Listing::of(&state, &member, "corridors", &[surface], query);
    let place = (&member.tenant_id, member.env);
    let mut found = kpi::corridors(&state.pool, place, surface, &listing.span()?).await?;
    let next = listing.cut(&mut found, CorridorSaid::mark);
    Ok(Json(CorridorPage { corridors: found, next }))
}
