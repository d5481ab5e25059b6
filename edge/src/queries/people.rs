//! People, and where they belong.

use super::{QueryError, id, row, rows};
use node::postgres::{Pool, Scope};
use subjects::ids::{ActorId, Role, TenantId};

/// A user with what proves who they are.
#[derive(Debug, Clone)]
pub struct User {
    /// Names the user.
    pub user_id: ActorId,
    /// Lower case.
    pub email: Option<String>,
    /// In PHC form; none where another issuer knows them.
    pub password_hash: Option<String>,
}

/// A role of a user in a tenant.
#[derive(Debug, Clone)]
pub struct Membership {
    /// Where.
    pub tenant_id: TenantId,
    /// What the tenant is called.
    pub tenant_name: String,
    /// Which.
    pub role: Role,
}

/// A user with a role in the tenant that was asked for.
#[derive(Debug, Clone)]
pub struct TenantMember {
    /// Names the user.
    pub user_id: ActorId,
    /// Lower case.
    pub email: Option<String>,
    /// Which.
    pub role: Role,
}

/// The user with this email address.
pub async fn by_email(pool: &Pool, email: &str) -> Result<Option<User>, QueryError> {
    user(pool, "SELECT user_id, email, password_hash FROM users WHERE email = $1", email).await
}

/// The user of this id.
pub async fn by_id(pool: &Pool, user_id: &ActorId) -> Result<Option<User>, QueryError> {
    user(pool, "SELECT user_id, email, password_hash FROM users WHERE user_id = $1", user_id.as_str()).await
}

async fn user(pool: &Pool, sql: &str, by: &str) -> Result<Option<User>, QueryError> {
    let row = row(pool, Scope::All, sql, &[&by]).await?;
    row.map(|row| {
        Ok(User {
            user_id: id(&row, "user_id")?,
            email: row.try_get("email")?,
            password_hash: row.try_get("password_hash")?,
        })
    })
    .transpose()
}

/// Where a user belongs, the oldest membership first: the tenant that they signed up with.
pub async fn memberships(pool: &Pool, user_id: &ActorId, limit: usize) -> Result<Vec<Membership>, QueryError> {
    const SQL: &str = "SELECT m.tenant_id, t.name, m.role
        FROM memberships m JOIN tenants t ON t.tenant_id = m.tenant_id
        WHERE m.user_id = $1 ORDER BY m.joined_at, m.tenant_id LIMIT $2";
    let rows = rows(pool, Scope::All, SQL, &[&user_id.as_str(), &(limit as i64)]).await?;
    let membership = |row| {
        Ok(Membership { tenant_id: id(row, "tenant_id")?, tenant_name: row.try_get("name")?, role: id(row, "role")? })
    };
    rows.iter().map(membership).collect()
}

/// The role that a user has in a tenant now, whatever their token says.
pub async fn role(pool: &Pool, tenant_id: &TenantId, user_id: &ActorId) -> Result<Option<Role>, QueryError> {
    const SQL: &str = "SELECT role FROM memberships WHERE tenant_id = $1 AND user_id = $2";
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &user_id.as_str()]).await?;
    row.map(|row| id(&row, "role")).transpose()
}

/// The members of a tenant, by `user_id`, beginning behind `after`.
pub async fn members(
    pool: &Pool,
    tenant_id: &TenantId,
    after: Option<&ActorId>,
    limit: usize,
) -> Result<Vec<TenantMember>, QueryError> {
    const SQL: &str = "SELECT m.user_id, u.email, m.role
        FROM memberships m JOIN users u ON u.user_id = m.user_id
        WHERE m.tenant_id = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT $3";
    let after = after.map_or("", |id| id.as_str());
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &after, &(limit as i64)]).await?;
    let member =
        |row| Ok(TenantMember { user_id: id(row, "user_id")?, email: row.try_get("email")?, role: id(row, "role")? });
    rows.iter().map(member).collect()
}
