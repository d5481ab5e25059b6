//! One change after the other, and each once.

use crate::runtime::worker::Failure;
use crate::store::{Client, Place};
use serde_json::Value;
use subjects::answer::Rejection;
use subjects::gates::GatesGrant;
use uuid::Uuid;

/// Locks what gates of the tenant and env decide on until the transaction ends, against other changes. False where there is
/// no such tenant.
pub(crate) async fn lock(client: &Client, place: Place<'_>) -> Result<bool, Failure> {
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let begin = "
        INSERT INTO gate_heads (tenant_id, env) SELECT tenant_id, $2 FROM tenants WHERE tenant_id = $1
        ON CONFLICT DO NOTHING";
    client.execute(&client.prepare_cached(begin).await?, &[&tenant_id, &env]).await?;
    let lock = "SELECT FROM gate_heads WHERE tenant_id = $1 AND env = $2 FOR UPDATE";
    Ok(client.query_opt(&client.prepare_cached(lock).await?, &[&tenant_id, &env]).await?.is_some())
}

/// What was said to the command, if it came before.
pub(crate) async fn find(
    client: &Client,
    place: Place<'_>,
    command_id: Uuid,
) -> Result<Option<Result<GatesGrant, Rejection>>, Failure> {
    let find = "SELECT answer FROM gate_answers WHERE tenant_id = $1 AND env = $2 AND command_id = $3";
    let statement = client.prepare_cached(find).await?;
    let row = client.query_opt(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &command_id]).await?;
    let read = |row: tokio_postgres::Row| serde_json::from_value(row.get::<_, Value>(0));
    row.map(read).transpose().map_err(|error| Failure::Poison(error.into()))
}

/// Keeps what is said to the command. What is so old that nothing comes again is forgotten.
pub(crate) async fn keep(
    client: &Client,
    place: Place<'_>,
    command_id: Uuid,
    said: &Result<GatesGrant, Rejection>,
) -> Result<(), Failure> {
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let answer = serde_json::to_value(said).map_err(|error| Failure::Poison(error.into()))?;
    let keep = "INSERT INTO gate_answers (tenant_id, env, command_id, answer) VALUES ($1, $2, $3, $4)";
    client.execute(&client.prepare_cached(keep).await?, &[&tenant_id, &env, &command_id, &answer]).await?;
    let forget = "
        DELETE FROM gate_answers
         WHERE tenant_id = $1 AND env = $2 AND answered_at < clock_timestamp() - interval '7 days'";
    client.execute(&client.prepare_cached(forget).await?, &[&tenant_id, &env]).await?;
    Ok(())
}
