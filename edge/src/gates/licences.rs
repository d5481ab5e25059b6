//! `/firearms/licences`: who may do what is dangerous.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::listing::Listing;
use crate::gates::{change, changed, name, named, said};
use crate::http::body::JsonBody;
use crate::http::query::{PageQuery, UrlQuery};
use crate::limits::AtLimit;
use crate::queries::gates::licences::{self, LicenceBody};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use gates::SubjectKind;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::gates::Change;
use subjects::gates::change::NewLicence;
use subjects::gates::text::Name;
use subjects::ids::{LicenceId, Role};
use subjects::limits::PAGE_MAX;

/// A page of licences.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LicencePage {
    /// By `licence_id`.
    licences: Vec<LicenceBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// A licence to be issued.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueBody {
    /// Names it. Said twice with the same, it is issued once.
    #[schema(value_type = Option<String>)]
    licence_id: Option<LicenceId>,
    subject: HolderBody,
    /// Up to how dangerous: `low`, `medium` or `high`.
    #[schema(example = "high")]
    level: String,
    /// For which actions; all where it is left out.
    #[schema(value_type = Option<Vec<String>>, max_items = 200)]
    scope: Option<Vec<Name>>,
    /// Until when, not including.
    expires_at: DateTime<Utc>,
}

/// Who gets a licence.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HolderBody {
    /// `human`, `agent`, `tool`, `surface` or `app`.
    #[serde(rename = "type")]
    #[schema(example = "agent")]
    kind: String,
    /// Names it.
    #[schema(value_type = String, max_length = 128)]
    id: Name,
}

/// Whose licences.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhoseQuery {
    /// Only of this kind of being.
    subject_type: Option<String>,
    /// Only of who is named so.
    subject_id: Option<String>,
}

/// Issues a licence. Takes the role admin.
#[utoipa::path(post, path = "/firearms/licences", tag = "gates", security(("bearer" = [])), request_body = IssueBody,
    responses((status = 201, body = LicenceBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody), AtLimit))]
pub async fn issue_licence(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<IssueBody>,
) -> Result<(StatusCode, Json<LicenceBody>), ApiError> {
    member.needs(Role::Admin)?;
    let licence = body.read(Utc::now())?;
    let licence_id = licence.licence_id.clone();
    change(&state, &member, Change::IssueLicence(licence)).await?;
    Ok((StatusCode::CREATED, read(&state, &member, &licence_id).await?))
}

impl IssueBody {
    fn read(self, now: DateTime<Utc>) -> Result<NewLicence, ApiError> {
        let Self { licence_id, subject, level, scope, expires_at } = self;
        said::some(scope.as_deref(), PAGE_MAX, "scope")?;
        Ok(NewLicence {
            licence_id: name(licence_id, "lic")?,
            subject_type: said::word::<SubjectKind>(&subject.kind, "subject.type")?,
            subject_id: subject.id,
            level: said::word(&level, "level")?,
            scope,
            expires_at: said::future(expires_at, "expires_at", now)?,
        })
    }
}

/// Takes a licence back, for good. The same again is answered the same. Takes the role admin.
#[utoipa::path(post, path = "/firearms/licences/{licence_id}/revoke", tag = "gates", security(("bearer" = [])),
    params(("licence_id" = String, Path)),
    responses((status = 200, body = LicenceBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        AtLimit))]
pub async fn revoke_licence(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(licence_id): Path<String>,
) -> Result<Json<LicenceBody>, ApiError> {
    member.needs(Role::Admin)?;
    let licence_id: LicenceId = named(&licence_id)?;
    change(&state, &member, Change::RevokeLicence { licence_id: licence_id.clone() }).await?;
    read(&state, &member, &licence_id).await
}

/// A licence.
#[utoipa::path(get, path = "/firearms/licences/{licence_id}", tag = "gates", security(("bearer" = [])),
    params(("licence_id" = String, Path)),
    responses((status = 200, body = LicenceBody), (status = 404, body = ProblemBody)))]
pub async fn read_licence(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(licence_id): Path<String>,
) -> Result<Json<LicenceBody>, ApiError> {
    read(&state, &member, &named(&licence_id)?).await
}

async fn read(state: &AppState, member: &Member, licence_id: &LicenceId) -> Result<Json<LicenceBody>, ApiError> {
    changed(licences::find(&state.pool, (&member.tenant_id, member.env), licence_id.as_str()).await).map(Json)
}

/// The licences, of a subject where one is named.
#[utoipa::path(get, path = "/firearms/licences", tag = "gates", security(("bearer" = [])), params(WhoseQuery, PageQuery),
    responses((status = 200, body = LicencePage), (status = 400, body = ProblemBody)))]
pub async fn list_licences(
    State(state): State<Arc<AppState>>,
    member: Member,
    UrlQuery(whose): UrlQuery<WhoseQuery>,
    query: PageQuery,
) -> Result<Json<LicencePage>, ApiError> {
    let whose = (whose.subject_type.as_deref(), whose.subject_id.as_deref());
    said::filters(&[whose.0, whose.1])?;
    let listing = Listing::of(&state, &member, "licences", &[whose.0, whose.1], query);
    let mut found = licences::list(&state.pool, (&member.tenant_id, member.env), whose, &listing.span()?).await?;
    let next = listing.cut(&mut found, |licence| licence.licence_id.clone());
    Ok(Json(LicencePage { licences: found, next }))
}
