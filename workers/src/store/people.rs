//! Users, tenants and sessions.

use crate::runtime::worker::Failure;
use crate::store::Client;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use subjects::control::NewSession;
use subjects::ids::{ActorId, TenantId};
use uuid::Uuid;

/// Whether there is a user of this id.
pub(crate) async fn user_exists(client: &Client, user_id: &ActorId) -> Result<bool, Failure> {
    let statement = client.prepare_cached("SELECT FROM users WHERE user_id = $1").await?;
    Ok(client.query_opt(&statement, &[&user_id.as_str()]).await?.is_some())
}

/// Whether there is a user of this address.
pub(crate) async fn email_exists(client: &Client, email: &str) -> Result<bool, Failure> {
    let statement = client.prepare_cached("SELECT FROM users WHERE email = $1").await?;
    Ok(client.query_opt(&statement, &[&email]).await?.is_some())
}

/// Adds a user.
pub(crate) async fn add_user(
    client: &Client,
    user_id: &ActorId,
    email: &str,
    password_hash: &str,
) -> Result<(), Failure> {
    let add = "INSERT INTO users (user_id, email, password_hash) VALUES ($1, $2, $3)";
    let statement = client.prepare_cached(add).await?;
    client.execute(&statement, &[&user_id.as_str(), &email, &password_hash]).await?;
    Ok(())
}

/// Adds a user whom another issuer knows, and who has no password here.
pub(crate) async fn add_guest(
    client: &Client,
    user_id: &ActorId,
    email: Option<&str>,
    (issuer, subject): (&str, &str),
) -> Result<(), Failure> {
    let add = "INSERT INTO users (user_id, email, issuer, subject) VALUES ($1, $2, $3, $4)";
    let statement = client.prepare_cached(add).await?;
    client.execute(&statement, &[&user_id.as_str(), &email, &issuer, &subject]).await?;
    Ok(())
}

/// Which of these tenants there are.
pub(crate) async fn tenants(client: &Client, tenant_ids: &[TenantId]) -> Result<BTreeSet<TenantId>, Failure> {
    let statement = client.prepare_cached("SELECT tenant_id FROM tenants WHERE tenant_id = ANY($1)").await?;
    let tenant_ids: Vec<&str> = tenant_ids.iter().map(TenantId::as_str).collect();
    let rows = client.query(&statement, &[&tenant_ids]).await?;
    Ok(rows.iter().filter_map(|row| row.get::<_, &str>(0).parse().ok()).collect())
}

/// Adds a tenant.
pub(crate) async fn add_tenant(client: &Client, tenant_id: &TenantId, name: &str) -> Result<(), Failure> {
    let statement = client.prepare_cached("INSERT INTO tenants (tenant_id, name) VALUES ($1, $2)").await?;
    client.execute(&statement, &[&tenant_id.as_str(), &name]).await?;
    Ok(())
}

/// A session, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// Whose.
    pub(crate) user_id: ActorId,
    /// SHA-256 of the refresh token that is valid, in hex.
    pub(crate) refresh_hash: String,
    /// When that token ends.
    pub(crate) expires_at: DateTime<Utc>,
    /// Whether the session was ended.
    pub(crate) is_ended: bool,
}

/// Locks a session until the transaction ends, so that no token of it is spent twice.
pub(crate) async fn lock_session(client: &Client, session_id: Uuid) -> Result<Option<Session>, Failure> {
    let lock = "
        SELECT user_id, refresh_hash, expires_at, ended_at IS NOT NULL FROM sessions
         WHERE session_id = $1 FOR UPDATE";
    let statement = client.prepare_cached(lock).await?;
    let Some(row) = client.query_opt(&statement, &[&session_id]).await? else { return Ok(None) };
    let user_id = row.get::<_, &str>(0).parse();
    Ok(Some(Session {
        user_id: user_id.map_err(|error| Failure::Poison(anyhow::Error::new(error)))?,
        refresh_hash: row.get(1),
        expires_at: row.get(2),
        is_ended: row.get(3),
    }))
}

/// Begins a session.
pub(crate) async fn add_session(client: &Client, user_id: &ActorId, session: &NewSession) -> Result<(), Failure> {
    let add = "INSERT INTO sessions (session_id, user_id, refresh_hash, expires_at) VALUES ($1, $2, $3, $4)";
    let statement = client.prepare_cached(add).await?;
    let NewSession { session_id, refresh_hash, expires_at } = session;
    client.execute(&statement, &[session_id, &user_id.as_str(), refresh_hash, expires_at]).await?;
    Ok(())
}

/// Puts another refresh token in the place of the session's.
pub(crate) async fn rotate_session(client: &Client, session: &NewSession) -> Result<(), Failure> {
    let rotate = "UPDATE sessions SET refresh_hash = $2, expires_at = $3 WHERE session_id = $1";
    let statement = client.prepare_cached(rotate).await?;
    client.execute(&statement, &[&session.session_id, &session.refresh_hash, &session.expires_at]).await?;
    Ok(())
}

/// Ends a session. One that ended stays ended when it did.
pub(crate) async fn end_session(client: &Client, session_id: Uuid) -> Result<(), Failure> {
    let end = "UPDATE sessions SET ended_at = now() WHERE session_id = $1 AND ended_at IS NULL";
    let statement = client.prepare_cached(end).await?;
    client.execute(&statement, &[&session_id]).await?;
    Ok(())
}
