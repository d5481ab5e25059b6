//! What became of commands.

use super::{QueryError, id, row};
use node::postgres::Pool;
use subjects::answer::{Effect, Rejection};
use subjects::ids::{Env, TenantId};
use subjects::routing::{Stream, StreamKey};
use uuid::Uuid;

/// What became of one command.
#[derive(Debug)]
pub struct Decided {
    /// The log that it was for.
    pub stream: StreamKey,
    /// Done, or refused.
    pub outcome: Result<Effect, Rejection>,
}

/// What became of the command; none when nothing is decided.
pub async fn decided(
    pool: &Pool,
    tenant_id: &TenantId,
    env: Env,
    command_id: Uuid,
) -> Result<Option<Decided>, QueryError> {
    const SQL: &str = "SELECT stream, outcome::text AS outcome FROM commands
        WHERE tenant_id = $1 AND command_id = $2 AND env = $3";
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &command_id, &env.as_str()]).await?;
    row.map(|row| {
        let stream: Stream = id(&row, "stream")?;
        Ok(Decided {
            stream: StreamKey { tenant_id: tenant_id.clone(), env, stream },
            outcome: serde_json::from_str(row.try_get("outcome")?)?,
        })
    })
    .transpose()
}
