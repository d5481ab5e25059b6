//! What tenants set flags to.

use crate::runtime::worker::Failure;
use crate::store::{Client, Place};
use serde_json::Value as Json;
use subjects::flags::{Key, Setting, Settings, Wish};

/// Locks a tenant's flags until the transaction ends. Says how often they were changed.
pub(crate) async fn lock(client: &Client, place: Place<'_>) -> Result<i64, Failure> {
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let begin = "INSERT INTO flag_versions (tenant_id, env) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    client.execute(&client.prepare_cached(begin).await?, &[&tenant_id, &env]).await?;
    let lock = "SELECT version FROM flag_versions WHERE tenant_id = $1 AND env = $2 FOR UPDATE";
    Ok(client.query_one(&client.prepare_cached(lock).await?, &[&tenant_id, &env]).await?.get(0))
}

/// What is set. What this version does not know is left out.
pub(crate) async fn settings(client: &Client, place: Place<'_>) -> Result<Settings, Failure> {
    let settings = "SELECT key, value, locked FROM flags WHERE tenant_id = $1 AND env = $2";
    let statement = client.prepare_cached(settings).await?;
    let rows = client.query(&statement, &[&place.tenant_id.as_str(), &place.env.as_str()]).await?;
    let setting = |row: &tokio_postgres::Row| {
        let key = Key::named(row.get(0))?;
        let value = key.value(&row.get::<_, Json>(1))?;
        Some((key, Setting { value, locked: row.get(2) }))
    };
    Ok(rows.iter().filter_map(setting).collect())
}

/// Sets one flag, or drops what was set.
pub(crate) async fn change(client: &Client, place: Place<'_>, key: Key, wish: &Wish) -> Result<(), Failure> {
    let set = "
        INSERT INTO flags (tenant_id, env, key, value, locked) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant_id, env, key) DO UPDATE SET value = excluded.value, locked = excluded.locked";
    let (tenant_id, env, key) = (place.tenant_id.as_str(), place.env.as_str(), key.as_str());
    match wish {
        Wish::Set(Setting { value, locked }) => {
            let value = serde_json::to_value(value).expect("a value is JSON");
            client.execute(&client.prepare_cached(set).await?, &[&tenant_id, &env, &key, &value, locked]).await?;
        }
        Wish::Drop => {
            let drop = "DELETE FROM flags WHERE tenant_id = $1 AND env = $2 AND key = $3";
            client.execute(&client.prepare_cached(drop).await?, &[&tenant_id, &env, &key]).await?;
        }
    }
    Ok(())
}

/// One more change. It comes last, so that its time is close to the commit's.
pub(crate) async fn advance(client: &Client, place: Place<'_>) -> Result<(), Failure> {
    let advance = "
        UPDATE flag_versions SET version = version + 1, changed_at = clock_timestamp()
         WHERE tenant_id = $1 AND env = $2";
    let statement = client.prepare_cached(advance).await?;
    client.execute(&statement, &[&place.tenant_id.as_str(), &place.env.as_str()]).await?;
    Ok(())
}
