//! Who lets others learn from what they do, and what is erased.

use crate::runtime::worker::Failure;
use crate::store::Client;
use anyhow::Context;
use subjects::ids::{ActorId, TenantId};
use tokio_postgres::Row;

/// Whose word it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Says<'a> {
    /// The tenant's, for all who act in it.
    Tenant,
    /// One actor's, for what they do themselves.
    Actor(&'a ActorId),
}

impl Says<'_> {
    /// The key of the row.
    fn user_id(&self) -> &str {
        match self {
            Says::Tenant => "",
            Says::Actor(actor_id) => actor_id.as_str(),
        }
    }
}

/// Keeps what was said, or that nothing is said any more.
pub(crate) async fn set_train(
    client: &Client,
    tenant_id: &TenantId,
    says: Says<'_>,
    train_ok: Option<bool>,
    by: &ActorId,
) -> Result<(), Failure> {
    let (tenant_id, user_id) = (tenant_id.as_str(), says.user_id());
    let Some(train_ok) = train_ok else {
        let forget = "DELETE FROM train_prefs WHERE tenant_id = $1 AND user_id = $2";
        client.execute(&client.prepare_cached(forget).await?, &[&tenant_id, &user_id]).await?;
        return Ok(());
    };
    let set = "
        INSERT INTO train_prefs (tenant_id, user_id, train_ok, actor_id) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant_id, user_id) DO UPDATE
           SET train_ok = excluded.train_ok, actor_id = excluded.actor_id, changed_at = excluded.changed_at";
    client.execute(&client.prepare_cached(set).await?, &[&tenant_id, &user_id, &train_ok, &by.as_str()]).await?;
    Ok(())
}

/// What was erased, and what could not be yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Erased {
    /// So many events.
    pub(crate) erased: u64,
    /// So many are left, in all.
    pub(crate) waiting: u64,
}

/// Erases up to `batch` of the payloads that somebody's events in the tenant have.
pub(crate) async fn erase(client: &Client, tenant_id: &TenantId, who: &ActorId, batch: u32) -> Result<Erased, Failure> {
    let erase = client.prepare_cached("SELECT erased, waiting FROM erase_actor($1, $2, $3)").await?;
    let batch = i32::try_from(batch).unwrap_or(i32::MAX);
    let row = client.query_one(&erase, &[&tenant_id.as_str(), &who.as_str(), &batch]).await?;
    let count = |row: &Row, at| u64::try_from(row.get::<_, i64>(at)).context("a count").map_err(Failure::Poison);
    Ok(Erased { erased: count(&row, 0)?, waiting: count(&row, 1)? })
}
