//! Runs of agents.

use super::{QueryError, id, row};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use subjects::ids::{ActorId, ActorType, Env, RunId, TenantId, ThreadId};

/// A run, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Where it happens.
    pub thread_id: ThreadId,
    /// Who began it.
    pub actor_id: ActorId,
    /// What kind of being that is.
    pub actor_type: ActorType,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended, if it has.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended, in one word.
    pub status: Option<String>,
    /// Whether somebody stopped it.
    pub cancelled: bool,
}

/// The run of this name, if there is one.
pub async fn find(pool: &Pool, tenant_id: &TenantId, env: Env, run_id: &RunId) -> Result<Option<Run>, QueryError> {
    const SQL: &str = "SELECT thread_id, actor_id, actor_type, started_at, ended_at, status, cancelled FROM runs
        WHERE tenant_id = $1 AND env = $2 AND run_id = $3";
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &run_id.as_str()]).await?;
    row.map(|row| {
        Ok(Run {
            thread_id: id(&row, "thread_id")?,
            actor_id: id(&row, "actor_id")?,
            actor_type: id(&row, "actor_type")?,
            started_at: row.try_get("started_at")?,
            ended_at: row.try_get("ended_at")?,
            status: row.try_get("status")?,
            cancelled: row.try_get("cancelled")?,
        })
    })
    .transpose()
}
