//! Actions that tenants count as dangerous.

use crate::runtime::worker::Failure;
use crate::store::gates::word;
use crate::store::{Client, Place};
use gates::Level;
use std::collections::BTreeMap;
use subjects::gates::text::Name;

/// The levels that the tenant demands beyond the defaults.
pub(crate) async fn levels(client: &Client, place: Place<'_>) -> Result<BTreeMap<String, Level>, Failure> {
    let levels = "SELECT action, level FROM dangerous_actions WHERE tenant_id = $1 AND env = $2";
    let statement = client.prepare_cached(levels).await?;
    let rows = client.query(&statement, &[&place.tenant_id.as_str(), &place.env.as_str()]).await?;
    rows.iter().map(|row| Ok((row.get(0), word(row.get(1))?))).collect()
}

/// Demands a level.
pub(crate) async fn set(
    client: &Client,
    place: Place<'_>,
    (action, level): (&Name, Level),
    actor_id: &str,
) -> Result<(), Failure> {
    let set = "
        INSERT INTO dangerous_actions (tenant_id, env, action, level, actor_id) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant_id, env, action)
        DO UPDATE SET level = excluded.level, actor_id = excluded.actor_id, changed_at = clock_timestamp()";
    let statement = client.prepare_cached(set).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    client.execute(&statement, &[&tenant_id, &env, &action.as_str(), &level.as_str(), &actor_id]).await?;
    Ok(())
}
