//! `/kpi/measurements`: what was measured.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::listing::Listing;
use crate::gates::{change, changed, said};
use crate::http::body::JsonBody;
use crate::http::query::{PageQuery, UrlQuery};
use crate::limits::AtLimit;
use crate::queries::gates::kpi::{self, MeasurementSaid};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::gates::Change;
use subjects::gates::change::NewMeasurement;
use subjects::gates::text::Name;
use subjects::ids::{Role, SurfaceId};
use uuid::Uuid;

/// A page of measurements.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MeasurementPage {
    /// By `measurement_id`, the last told first.
    measurements: Vec<MeasurementSaid>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// What was measured.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasurementBody {
    /// Which figure.
    #[schema(value_type = String, max_length = 128)]
    kpi: Name,
    /// On which surface. Where it is left out, of the tenant and env as a whole: that is what the temperature is made of.
    #[schema(value_type = Option<String>)]
    surface: Option<SurfaceId>,
    /// What it was.
    value: f64,
    /// When; now where it is left out. Not in the future.
    measured_at: Option<DateTime<Utc>>,
}

/// Of which figure and surface.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MeasuredQuery {
    /// Only of this figure.
    kpi: Option<String>,
    /// Only of this surface.
    surface: Option<String>,
}

/// Tells what was measured. Takes the role member.
#[utoipa::path(post, path = "/kpi/measurements", tag = "gates", security(("bearer" = [])),
    request_body = MeasurementBody,
    responses((status = 201, body = MeasurementSaid), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), AtLimit))]
pub async fn measure(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<MeasurementBody>,
) -> Result<(StatusCode, Json<MeasurementSaid>), ApiError> {
    member.needs(Role::Member)?;
    let measurement = body.read(Utc::now())?;
    let measurement_id = measurement.measurement_id;
    change(&state, &member, Change::Measure(measurement)).await?;
    let found = kpi::find_measurement(&state.pool, (&member.tenant_id, member.env), measurement_id).await;
    Ok((StatusCode::CREATED, changed(found).map(Json)?))
}

impl MeasurementBody {
    fn read(self, now: DateTime<Utc>) -> Result<NewMeasurement, ApiError> {
        let Self { kpi, surface, value, measured_at } = self;
        let measured_at = said::past(measured_at.unwrap_or(now), "measured_at", now)?;
        let (measurement_id, value) = (Uuid::now_v7(), said::figure(value, "value")?);
        Ok(NewMeasurement { measurement_id, kpi, surface, value, measured_at })
    }
}

/// What was measured, the last told first, of a figure and surface where those are named.
#[utoipa::path(get, path = "/kpi/measurements", tag = "gates", security(("bearer" = [])),
    params(MeasuredQuery, PageQuery),
    responses((status = 200, body = MeasurementPage), (status = 400, body = ProblemBody)))]
pub async fn list_measurements(
    State(state): State<Arc<AppState>>,
    member: Member,
    UrlQuery(of): UrlQuery<MeasuredQuery>,
    query: PageQuery,
) -> Result<Json<MeasurementPage>, ApiError> {
    let of = (of.kpi.as_deref(), of.surface.as_deref());
    said::filters(&[of.0, of.1])?;
    let listing = Listing::of(&state, &member, "measurements", &[of.0, of.1], query);
    let mut found = kpi::measurements(&state.pool, (&member.tenant_id, member.env), of, &listing.span()?).await?;
    let next = listing.cut(&mut found, |measurement| measurement.measurement_id.to_string());
    Ok(Json(MeasurementPage { measurements: found, next }))
}
