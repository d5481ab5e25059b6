//! Licences.

use super::{Place, Span, maybe_millis};
use crate::queries::{QueryError, row, rows};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use serde::Serialize;
use subjects::event::millis;
use tokio_postgres::Row;

/// A licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LicenceBody {
    /// Names it.
    pub licence_id: String,
    /// To whom.
    pub subject: LicenceSubject,
    /// Up to how dangerous: `low`, `medium` or `high`.
    #[schema(example = "high")]
    pub level: String,
    /// For which actions; null means all.
    pub scope: Option<Vec<String>>,
    /// `active`, `expired` or `revoked`.
    #[schema(example = "active")]
    pub state: String,
    /// Until when, not including.
    #[serde(with = "millis")]
    pub expires_at: DateTime<Utc>,
    /// By whom.
    pub issued_by: String,
    /// When.
    #[serde(with = "millis")]
    pub issued_at: DateTime<Utc>,
    /// Who took it back, if anybody did.
    pub revoked_by: Option<String>,
    /// When.
    #[serde(serialize_with = "maybe_millis")]
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Who has a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LicenceSubject {
    /// `human`, `agent`, `tool`, `surface` or `app`.
    #[serde(rename = "type")]
    #[schema(example = "agent")]
    pub kind: String,
    /// Names it.
    pub id: String,
}

macro_rules! licence {
    ($rest:literal) => {
        concat!(
            "SELECT licence_id, subject_type, subject_id, level, scope, expires_at, issued_by, issued_at, revoked_by,
                    revoked_at, CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
                                     WHEN expires_at <= clock_timestamp() THEN 'expired' ELSE 'active' END AS state
               FROM licences WHERE tenant_id = $1 AND env = $2 ",
            $rest
        )
    };
}

/// Licences by `licence_id`, of a subject where one is named.
pub async fn list(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    (subject_type, subject_id): (Option<&str>, Option<&str>),
    span: &Span<String>,
) -> Result<Vec<LicenceBody>, QueryError> {
    const SQL: &str = licence!(
        "AND ($3::text IS NULL OR subject_type = $3) AND ($4::text IS NULL OR subject_id = $4)
         AND licence_id COLLATE \"C\" > $5 ORDER BY licence_id COLLATE \"C\" LIMIT $6"
    );
    let (tenant, env) = (tenant_id.as_str(), env.as_str());
    let rows =
        rows(pool, tenant_id, SQL, &[&tenant, &env, &subject_type, &subject_id, &span.text(), &span.limit]).await?;
    rows.iter().map(licence).collect()
}

/// The licence of this name, if there is one.
pub async fn find(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    licence_id: &str,
) -> Result<Option<LicenceBody>, QueryError> {
    const SQL: &str = licence!("AND licence_id = $3");
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &licence_id]).await?;
    row.as_ref().map(licence).transpose()
}

fn licence(row: &Row) -> Result<LicenceBody, QueryError> {
    Ok(LicenceBody {
        licence_id: row.try_get("licence_id")?,
        subject: LicenceSubject { kind: row.try_get("subject_type")?, id: row.try_get("subject_id")? },
        level: row.try_get("level")?,
        scope: row.try_get("scope")?,
        state: row.try_get("state")?,
        expires_at: row.try_get("expires_at")?,
        issued_by: row.try_get("issued_by")?,
        issued_at: row.try_get("issued_at")?,
        revoked_by: row.try_get("revoked_by")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}
