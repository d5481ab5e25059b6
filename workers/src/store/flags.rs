//! What tenants set flags to, and every change of it.

use crate::runtime::worker::Failure;
use crate::store::{Client, Place};
use serde_json::Value as Json;
use subjects::control::ControlCommand;
use subjects::flags::{Key, Setting, Settings, Wish};
use uuid::Uuid;

/// One flag's change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change<'a> {
    /// The flag.
    pub(crate) key: Key,
    /// What it is to say.
    pub(crate) wish: Wish,
    /// The version that it makes.
    pub(crate) version: i64,
    /// The command that asked for it.
    pub(crate) command: &'a ControlCommand,
}

/// Who changes what nobody is known to have asked for.
const NOBODY: &str = "system";

/// Locks a tenant's flags until the transaction ends. Says how often they were changed.
pub(crate) async fn lock(client: &Client, place: Place<'_>) -> Result<i64, Failure> {
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let begin = "INSERT INTO flag_versions (tenant_id, env) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    client.execute(&client.prepare_cached(begin).await?, &[&tenant_id, &env]).await?;
    let lock = "SELECT version FROM flag_versions WHERE tenant_id = $1 AND env = $2 FOR UPDATE";
    Ok(client.query_one(&client.prepare_cached(lock).await?, &[&tenant_id, &env]).await?.get(0))
}

/// Whether the command was done already.
pub(crate) async fn was_done(client: &Client, place: Place<'_>, command_id: Uuid) -> Result<bool, Failure> {
    let find = "SELECT FROM flag_changes WHERE tenant_id = $1 AND env = $2 AND command_id = $3 LIMIT 1";
    let statement = client.prepare_cached(find).await?;
    let row = client.query_opt(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &command_id]).await?;
    Ok(row.is_some())
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

/// Changes one flag, and keeps what it was and who changed it, even where it says the same as before.
pub(crate) async fn change(client: &Client, place: Place<'_>, change: Change<'_>) -> Result<(), Failure> {
    let change_and_keep = "
        WITH was AS (
            SELECT json_build_object('value', value, 'locked', locked) AS it FROM flags
             WHERE tenant_id = $1 AND env = $2 AND key = $3
        ), set AS (
            INSERT INTO flags (tenant_id, env, key, value, locked) SELECT $1, $2, $3, $4::json, $5 WHERE $4 IS NOT NULL
            ON CONFLICT (tenant_id, env, key) DO UPDATE SET value = excluded.value, locked = excluded.locked
        ), dropped AS (
            DELETE FROM flags WHERE tenant_id = $1 AND env = $2 AND key = $3 AND $4 IS NULL
        )
        INSERT INTO flag_changes (tenant_id, env, key, was, becomes, version, command_id, actor_id, request_id, trace_id)
        SELECT $1, $2, $3, (SELECT it FROM was),
               CASE WHEN $4 IS NOT NULL THEN json_build_object('value', $4::json, 'locked', $5::boolean) END,
               $6, $7, $8, $9, $10";
    let statement = client.prepare_cached(change_and_keep).await?;
    let (value, locked) = match change.wish {
        Wish::Set(Setting { value, locked }) => (serde_json::to_value(value).ok(), locked),
        Wish::Drop => (None, false),
    };
    let ControlCommand { command_id, request_id, trace, actor_id, .. } = change.command;
    client
        .execute(
            &statement,
            &[
                &place.tenant_id.as_str(),
                &place.env.as_str(),
                &change.key.as_str(),
                &value,
                &locked,
                &change.version,
                command_id,
                &actor_id.as_ref().map_or(NOBODY, |actor_id| actor_id.as_str()),
                request_id,
                &trace.trace_id_hex(),
            ],
        )
        .await?;
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
