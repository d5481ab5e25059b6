//! `/temperature`: what it is made of, how it stands, and how it stood.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::listing::Listing;
use crate::gates::{change, said};
use crate::http::body::JsonBody;
use crate::http::query::PageQuery;
use crate::limits::AtLimit;
use crate::queries::gates::temperature::{self, PastTemperature};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use gates::{Breach, Term};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use subjects::gates::Change;
use subjects::gates::change::Terms;
use subjects::gates::text::Name;
use subjects::ids::Role;
use subjects::limits::PAGE_MAX;

/// The most that a figure may count for.
const WEIGHT_MAX: f64 = 1e6;

/// Each figure and its number.
type Numbers = BTreeMap<String, f64>;

/// The temperature as it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TemperatureNow {
    /// The mean of what was measured last of the tenant and env as a whole, each by its weight; null where nothing that
    /// counts was measured.
    value: Option<f64>,
    /// The bounds that do not hold: `{name, value, floor, ceiling}`.
    #[schema(value_type = Vec<Object>)]
    breaches: Vec<Breach>,
    /// What it is made of, by figure: `{weight, floor, ceiling, latest: {value, at}}`.
    #[schema(value_type = Object)]
    terms: BTreeMap<String, Term>,
}

/// A page of what the temperature was.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TemperaturePage {
    /// By `entry_id`, the last first.
    history: Vec<PastTemperature>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// Lets these be the floors, each by its figure, and no others. Takes the role admin, and an approved, current strategy lock
/// that allows `temperature:upsert_floors`: 409 names those that were looked at.
#[utoipa::path(put, path = "/temperature/floors", tag = "gates", security(("bearer" = [])),
    request_body = BTreeMap<String, f64>,
    responses((status = 200, body = BTreeMap<String, f64>), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        AtLimit))]
pub async fn set_floors(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<BTreeMap<Name, f64>>,
) -> Result<Json<Numbers>, ApiError> {
    set(&state, &member, Terms::Floors, body).await
}

/// Lets these be the ceilings, each by its figure, and no others. Takes the role admin, and an approved, current strategy lock
/// that allows `temperature:upsert_ceilings`: 409 names those that were looked at.
#[utoipa::path(put, path = "/temperature/ceilings", tag = "gates", security(("bearer" = [])),
    request_body = BTreeMap<String, f64>,
    responses((status = 200, body = BTreeMap<String, f64>), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        AtLimit))]
pub async fn set_ceilings(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<BTreeMap<Name, f64>>,
) -> Result<Json<Numbers>, ApiError> {
    set(&state, &member, Terms::Ceilings, body).await
}

/// Lets these be the weights, each by its figure, and no others. Takes the role admin, and an approved, current strategy lock
/// that allows `temperature:upsert_weights`: 409 names those that were looked at.
#[utoipa::path(put, path = "/temperature/weights", tag = "gates", security(("bearer" = [])),
    request_body = BTreeMap<String, f64>,
    responses((status = 200, body = BTreeMap<String, f64>), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        AtLimit))]
pub async fn set_weights(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<BTreeMap<Name, f64>>,
) -> Result<Json<Numbers>, ApiError> {
    set(&state, &member, Terms::Weights, body).await
}

async fn set(
    state: &AppState,
    member: &Member,
    what: Terms,
    values: BTreeMap<Name, f64>,
) -> Result<Json<Numbers>, ApiError> {
    member.needs(Role::Admin)?;
    check(what, &values)?;
    change(state, member, Change::SetTerms { what, values }).await?;
    read(state, member, what).await
}

fn check(what: Terms, values: &BTreeMap<Name, f64>) -> Result<(), ApiError> {
    if values.len() > PAGE_MAX {
        return Err(said::wrong(".", &format!("it has at most {PAGE_MAX} entries")));
    }
    values.iter().try_for_each(|(kpi, value)| {
        said::figure(*value, kpi.as_str())?;
        match what {
            Terms::Weights if !(0.0..=WEIGHT_MAX).contains(value) => {
                Err(said::wrong(kpi.as_str(), &format!("a weight is 0 to {WEIGHT_MAX}")))
            }
            Terms::Weights | Terms::Floors | Terms::Ceilings => Ok(()),
        }
    })
}

/// The floors, each by its figure.
#[utoipa::path(get, path = "/temperature/floors", tag = "gates", security(("bearer" = [])),
    responses((status = 200, body = BTreeMap<String, f64>)))]
pub async fn read_floors(State(state): State<Arc<AppState>>, member: Member) -> Result<Json<Numbers>, ApiError> {
    read(&state, &member, Terms::Floors).await
}

/// The ceilings, each by its figure.
#[utoipa::path(get, path = "/temperature/ceilings", tag = "gates", security(("bearer" = [])),
    responses((status = 200, body = BTreeMap<String, f64>)))]
pub async fn read_ceilings(State(state): State<Arc<AppState>>, member: Member) -> Result<Json<Numbers>, ApiError> {
    read(&state, &member, Terms::Ceilings).await
}

/// The weights, each by its figure.
#[utoipa::path(get, path = "/temperature/weights", tag = "gates", security(("bearer" = [])),
    responses((status = 200, body = BTreeMap<String, f64>)))]
pub async fn read_weights(State(state): State<Arc<AppState>>, member: Member) -> Result<Json<Numbers>, ApiError> {
    read(&state, &member, Terms::Weights).await
}

async fn read(state: &AppState, member: &Member, what: Terms) -> Result<Json<Numbers>, ApiError> {
    let now = temperature::current(&state.pool, (&member.tenant_id, member.env)).await?;
    let number = |term: &Term| match what {
        Terms::Floors => term.floor,
        Terms::Ceilings => term.ceiling,
        Terms::Weights => Some(term.weight).filter(|weight| *weight != 0.0),
    };
    let numbers = now.terms.into_iter().filter_map(|(kpi, term)| Some((kpi, number(&term)?)));
    Ok(Json(numbers.collect()))
}

/// The temperature as it stands, the bounds that do not hold, and what it is made of.
#[utoipa::path(get, path = "/temperature/current", tag = "gates", security(("bearer" = [])),
    responses((status = 200, body = TemperatureNow)))]
pub async fn read_temperature(
    State(state): State<Arc<AppState>>,
    member: Member,
) -> Result<Json<TemperatureNow>, ApiError> {
    let now = temperature::current(&state.pool, (&member.tenant_id, member.env)).await?;
    Ok(Json(TemperatureNow { value: now.value(), breaches: now.breaches(), terms: now.terms }))
}

/// The temperature after each change of what it is made of, the last first.
#[utoipa::path(get, path = "/temperature/history", tag = "gates", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = TemperaturePage), (status = 400, body = ProblemBody)))]
pub async fn list_temperatures(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<TemperaturePage>, ApiError> {
    let listing = Listing::of(&state, &member, "temperatures", &[], query);
    let mut found = temperature::history(&state.pool, (&member.tenant_id, member.env), &listing.span()?).await?;
    let next = listing.cut(&mut found, |past| past.entry_id.to_string());
    Ok(Json(TemperaturePage { history: found, next }))
}
