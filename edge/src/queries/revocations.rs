//! What was revoked.

use super::{QueryError, id, only, rows};
use chrono::{DateTime, Utc};
use node::postgres::{Pool, Scope};
use subjects::ids::TenantId;
use subjects::revocation::{Revocation, Revoked};
use tokio_postgres::Row;
use uuid::Uuid;

/// Whose token, by what is known of it.
#[derive(Debug)]
pub struct Named<'a> {
    /// Where it may be used, and tenant-0.
    pub tenant_ids: Vec<&'a str>,
    /// `sub`
    pub user_id: &'a str,
    /// `jti`
    pub token_id: Uuid,
    /// `sid`
    pub session_id: Option<Uuid>,
}

/// What was revoked after a time by the database's clock, or all that some token may still be concerned by; and the time
/// by that clock, up to which this is all.
pub async fn since(pool: &Pool, after: Option<DateTime<Utc>>) -> Result<(DateTime<Utc>, Vec<Revoked>), QueryError> {
    const SINCE: &str = "SELECT tenant_id, kind, subject, role, number, expires_at FROM revocations
        WHERE revoked_at > coalesce($1::timestamptz, '-infinity') AND expires_at > now()";
    // The time first: what is revoked after it is looked for the next time.
    let at = only(pool, Scope::All, "SELECT clock_timestamp()", &[]).await?.try_get(0)?;
    let found = rows(pool, Scope::All, SINCE, &[&after]).await?;
    Ok((at, found.iter().map(revoked).collect::<Result<_, _>>()?))
}

/// What was revoked that concerns one token.
pub async fn of(pool: &Pool, token: &Named<'_>) -> Result<Vec<Revoked>, QueryError> {
    const OF: &str = "SELECT tenant_id, kind, subject, role, number, expires_at FROM revocations
        WHERE tenant_id = ANY($1) AND (kind = 'session' AND subject = $2 OR kind = 'token' AND subject = $3
            OR kind = 'member' AND subject = $4)";
    let (session_id, token_id) = (token.session_id.map(|id| id.to_string()), token.token_id.to_string());
    let found = rows(pool, Scope::All, OF, &[&token.tenant_ids, &session_id, &token_id, &token.user_id]).await?;
    found.iter().map(revoked).collect()
}

fn revoked(row: &Row) -> Result<Revoked, QueryError> {
    let tenant_id: TenantId = id(row, "tenant_id")?;
    let (kind, subject): (&str, &str) = (row.try_get("kind")?, row.try_get("subject")?);
    let uuid = || subject.parse().map_err(|_| QueryError::Odd(format!("a {kind} is no UUID")));
    let revocation = match kind {
        "session" => Revocation::Session { session_id: uuid()? },
        "token" => Revocation::Token { tenant_id, token_id: uuid()? },
        "member" => {
            let role = row.try_get::<_, Option<&str>>("role")?.map(str::parse).transpose()?;
            Revocation::Member { tenant_id, user_id: subject.parse()?, role, number: row.try_get("number")? }
        }
        _ => return Err(QueryError::Odd(format!("nobody knows how to revoke a {kind}"))),
    };
    Ok(Revoked { revocation, until: row.try_get("expires_at")? })
}
