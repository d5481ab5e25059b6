//! Who belongs to a tenant, and as what.

use crate::runtime::worker::Failure;
use crate::store::Client;
use anyhow::Error;
use subjects::ids::{ActorId, Role, TenantId};

/// A member of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Who.
    pub(crate) user_id: ActorId,
    /// As what.
    pub(crate) role: Role,
}

/// Locks a tenant's owners and one more user's membership until the transaction ends, always in the same order:
/// two owners that take each other out at once must not both succeed.
pub(crate) async fn lock_owners_and(
    client: &Client,
    tenant_id: &TenantId,
    user_id: &ActorId,
) -> Result<Vec<Member>, Failure> {
    let lock = "
        SELECT user_id, role FROM memberships
         WHERE tenant_id = $1 AND (role = 'owner' OR user_id = $2) ORDER BY user_id FOR UPDATE";
    let statement = client.prepare_cached(lock).await?;
    let rows = client.query(&statement, &[&tenant_id.as_str(), &user_id.as_str()]).await?;
    let member = |row: &tokio_postgres::Row| {
        Ok(Member { user_id: row.get::<_, &str>(0).parse()?, role: row.get::<_, &str>(1).parse()? })
    };
    rows.iter().map(member).collect::<Result<_, Error>>().map_err(Failure::Poison)
}

/// The tenants, of these, that the user is a member of.
pub(crate) async fn tenants_of(
    client: &Client,
    user_id: &ActorId,
    tenant_ids: &[TenantId],
) -> Result<Vec<TenantId>, Failure> {
    let tenants = "SELECT tenant_id FROM memberships WHERE user_id = $1 AND tenant_id = ANY($2)";
    let statement = client.prepare_cached(tenants).await?;
    let tenant_ids: Vec<&str> = tenant_ids.iter().map(TenantId::as_str).collect();
    let rows = client.query(&statement, &[&user_id.as_str(), &tenant_ids]).await?;
    Ok(rows.iter().filter_map(|row| row.get::<_, &str>(0).parse().ok()).collect())
}

/// Gives a user a role, whether or not they had one.
pub(crate) async fn set(client: &Client, tenant_id: &TenantId, member: &Member) -> Result<(), Failure> {
    let set = "
        INSERT INTO memberships (tenant_id, user_id, role) VALUES ($1, $2, $3)
        ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = excluded.role";
    let statement = client.prepare_cached(set).await?;
    client.execute(&statement, &[&tenant_id.as_str(), &member.user_id.as_str(), &member.role.as_str()]).await?;
    Ok(())
}

/// Takes a user out.
pub(crate) async fn remove(client: &Client, tenant_id: &TenantId, user_id: &ActorId) -> Result<(), Failure> {
    let remove = "DELETE FROM memberships WHERE tenant_id = $1 AND user_id = $2";
    let statement = client.prepare_cached(remove).await?;
    client.execute(&statement, &[&tenant_id.as_str(), &user_id.as_str()]).await?;
    Ok(())
}
