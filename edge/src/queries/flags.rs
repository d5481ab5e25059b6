//! Flags as they are set, and which were changed lately.

use super::{QueryError, count, id, rows};
use node::postgres::{Pool, Scope};
use serde_json::Value as Json;
use subjects::flags::{Key, Setting, Settings};
use subjects::ids::{Env, TenantId};
use tokio_postgres::Row;

/// What one tenant set, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Set {
    /// How often it was changed.
    pub version: u64,
    /// What is set.
    pub settings: Settings,
}

/// What tenant-0 and a tenant set in an env, both as of one moment. For tenant-0 itself the second is empty.
pub async fn set(pool: &Pool, tenant_id: &TenantId, env: Env) -> Result<(Set, Set), QueryError> {
    const SQL: &str = "SELECT tenant_id, version, key, value, locked
        FROM flag_versions LEFT JOIN flags USING (tenant_id, env)
        WHERE tenant_id IN ($1, $2) AND env = $3";
    let rows = rows(pool, tenant_id, SQL, &[&TenantId::SYSTEM, &tenant_id.as_str(), &env.as_str()]).await?;
    let (mut tenant_0, mut own) = (Set::default(), Set::default());
    for row in &rows {
        let tenant_id: &str = row.try_get("tenant_id")?;
        add(if tenant_id == TenantId::SYSTEM { &mut tenant_0 } else { &mut own }, row)?;
    }
    Ok((tenant_0, own))
}

/// A flag that this version does not know, or a value that it does not, sets nothing.
fn add(set: &mut Set, row: &Row) -> Result<(), QueryError> {
    set.version = count(row, "version")?;
    let Some(name) = row.try_get::<_, Option<&str>>("key")? else { return Ok(()) };
    let (json, locked): (Json, bool) = (row.try_get("value")?, row.try_get("locked")?);
    if let Some(key) = Key::named(name)
        && let Some(value) = key.value(&json)
    {
        set.settings.insert(key, Setting { value, locked });
    }
    Ok(())
}

/// Whose flags changed within the last `secs`, and how often they ever did.
pub async fn lately(pool: &Pool, secs: u32) -> Result<Vec<((TenantId, Env), u64)>, QueryError> {
    const SQL: &str = "SELECT tenant_id, env, version FROM flag_versions
        WHERE changed_at > clock_timestamp() - make_interval(secs => $1)";
    let rows = rows(pool, Scope::All, SQL, &[&f64::from(secs)]).await?;
    rows.iter().map(|row| Ok(((id(row, "tenant_id")?, id(row, "env")?), count(row, "version")?))).collect()
}
