//! What tokens can no longer give, and what is left of tokens that ended.

use crate::runtime::worker::Failure;
use crate::store::Client;
use chrono::{DateTime, Utc};
use subjects::ids::{ActorId, Role, TenantId};
use subjects::revocation::{Pulse, RECENT_MAX, Revocation, Revoked, WINDOW_SECS};
use tokio_postgres::Row;
use uuid::Uuid;

/// How long after their last token revocations are kept: clocks differ.
const KEPT_SECS: f64 = 3_600.0;

/// A member's role is not what tokens say that were made in the last `token_secs`.
pub(crate) async fn member(
    client: &Client,
    tenant_id: &TenantId,
    user_id: &ActorId,
    role: Option<Role>,
    token_secs: u64,
) -> Result<(), Failure> {
    let role = role.map(|role| role.as_str());
    revoke(client, (tenant_id, "member", user_id.as_str()), role, token_secs).await
}

/// No token of the session is valid any more.
pub(crate) async fn session(client: &Client, session_id: Uuid, token_secs: u64) -> Result<(), Failure> {
    revoke(client, (&TenantId::system(), "session", &session_id.to_string()), None, token_secs).await
}

/// The token gives nothing more in the tenant.
pub(crate) async fn token(
    client: &Client,
    tenant_id: &TenantId,
    token_id: Uuid,
    token_secs: u64,
) -> Result<(), Failure> {
    revoke(client, (tenant_id, "token", &token_id.to_string()), None, token_secs).await
}

async fn revoke(
    client: &Client,
    (tenant_id, kind, subject): (&TenantId, &str, &str),
    role: Option<&str>,
    token_secs: u64,
) -> Result<(), Failure> {
    let revoke = "
        INSERT INTO revocations (tenant_id, kind, subject, role, expires_at)
        VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
        ON CONFLICT (tenant_id, kind, subject) DO UPDATE
           SET role = excluded.role, number = nextval('revocation_numbers'), revoked_at = excluded.revoked_at,
               expires_at = greatest(revocations.expires_at, excluded.expires_at)";
    let statement = client.prepare_cached(revoke).await?;
    let secs = token_secs as f64;
    client.execute(&statement, &[&tenant_id.as_str(), &kind, &subject, &role, &secs]).await?;
    Ok(())
}

/// What was revoked lately.
pub(crate) async fn recent(client: &Client) -> Result<Pulse, Failure> {
    let recent = "
        SELECT tenant_id, kind, subject, role, number, expires_at FROM revocations
         WHERE revoked_at > clock_timestamp() - make_interval(secs => $1) ORDER BY revoked_at DESC LIMIT $2";
    let now = client.prepare_cached("SELECT clock_timestamp()").await?;
    let statement = client.prepare_cached(recent).await?;
    // The time first: what is revoked after it is in the next pulse anyhow.
    let at: DateTime<Utc> = client.query_one(&now, &[]).await?.get(0);
    let limit = i64::try_from(RECENT_MAX + 1).unwrap_or(i64::MAX);
    let rows = client.query(&statement, &[&(WINDOW_SECS as f64), &limit]).await?;
    let is_complete = rows.len() <= RECENT_MAX;
    let recent = rows.iter().take(RECENT_MAX).map(revoked).collect::<Result<_, _>>().map_err(Failure::Poison)?;
    Ok(Pulse { at, recent, is_complete })
}

fn revoked(row: &Row) -> anyhow::Result<Revoked> {
    let (tenant_id, subject): (&str, &str) = (row.get(0), row.get(2));
    let tenant_id: TenantId = tenant_id.parse()?;
    let revocation = match row.get(1) {
        "session" => Revocation::Session { session_id: subject.parse()? },
        "token" => Revocation::Token { tenant_id, token_id: subject.parse()? },
        _ => {
            let role = row.get::<_, Option<&str>>(3).map(str::parse).transpose()?;
            Revocation::Member { tenant_id, user_id: subject.parse()?, role, number: row.get(4) }
        }
    };
    Ok(Revoked { revocation, until: row.get(5) })
}

/// Forgets what no token needs any more.
pub(crate) async fn forget(client: &Client) -> Result<(), Failure> {
    let revocations = "DELETE FROM revocations WHERE expires_at < now() - make_interval(secs => $1)";
    client.execute(&client.prepare_cached(revocations).await?, &[&KEPT_SECS]).await?;
    let tickets = client.prepare_cached("DELETE FROM tickets WHERE expires_at < now()").await?;
    client.execute(&tickets, &[]).await?;
    Ok(())
}
