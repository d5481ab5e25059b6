//! Tickets: the functions that this role may execute, and what stands behind a ticket.

use super::{QueryError, id, only, row};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use serde_json::Value;
use subjects::ids::{Env, TenantId};
use uuid::Uuid;

/// A ticket, by which it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketKey {
    /// Whose.
    pub tenant_id: TenantId,
    /// SHA-256 of the ticket, in hex.
    pub hash: String,
}

/// What a ticket is good for.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// In which environment.
    pub env: Env,
    /// The path of the stream.
    pub scope: String,
    /// The page that may use it.
    pub origin: Option<String>,
    /// The stream that it opens.
    pub stream_id: Uuid,
    /// What the token behind it says.
    pub claims: Value,
    /// When that token ends.
    pub expires_at: DateTime<Utc>,
}

/// Keeps a new ticket, to be redeemed within some seconds.
pub async fn issue(pool: &Pool, key: &TicketKey, ticket: &Ticket, redeem_secs: i32) -> Result<(), QueryError> {
    const SQL: &str = "SELECT issue_ticket($1, $2, $3, $4, $5, $6, $7, $8, $9)::text";
    let Ticket { env, scope, origin, stream_id, claims, expires_at } = ticket;
    let (tenant_id, env) = (key.tenant_id.as_str(), env.as_str());
    only(
        pool,
        &key.tenant_id,
        SQL,
        &[&tenant_id, &key.hash, &env, scope, origin, stream_id, claims, &redeem_secs, expires_at],
    )
    .await?;
    Ok(())
}

/// The ticket, if it may still open or re-open its stream.
pub async fn find(pool: &Pool, key: &TicketKey) -> Result<Option<Ticket>, QueryError> {
    const SQL: &str = "SELECT env, scope, origin, stream_id, claims, expires_at FROM tickets
        WHERE tenant_id = $1 AND hash = $2 AND expires_at > now() AND (redeemed_at IS NOT NULL OR redeem_by > now())";
    let Some(row) = row(pool, &key.tenant_id, SQL, &[&key.tenant_id.as_str(), &key.hash]).await? else {
        return Ok(None);
    };
    Ok(Some(Ticket {
        env: id(&row, "env")?,
        scope: row.try_get("scope")?,
        origin: row.try_get("origin")?,
        stream_id: row.try_get("stream_id")?,
        claims: row.try_get("claims")?,
        expires_at: row.try_get("expires_at")?,
    }))
}

/// Spends the ticket. It may be spent again only by who has read the stream.
pub async fn redeem(pool: &Pool, key: &TicketKey, has_read: bool) -> Result<bool, QueryError> {
    const SQL: &str = "SELECT redeem_ticket($1, $2, $3)";
    let row = only(pool, &key.tenant_id, SQL, &[&key.tenant_id.as_str(), &key.hash, &has_read]).await?;
    Ok(row.try_get(0)?)
}

/// Puts another token behind the ticket.
pub async fn renew(pool: &Pool, key: &TicketKey, claims: &Value, ends_at: DateTime<Utc>) -> Result<(), QueryError> {
    const SQL: &str = "SELECT renew_ticket($1, $2, $3, $4)::text";
    only(pool, &key.tenant_id, SQL, &[&key.tenant_id.as_str(), &key.hash, claims, &ends_at]).await?;
    Ok(())
}
