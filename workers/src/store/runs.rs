//! Runs of agents: that they began, and how they ended.

use crate::runtime::worker::Failure;
use crate::store::Client;
use anyhow::Context;
use chrono::{DateTime, Utc};
use subjects::chat::RunEnd;
use subjects::command::Actor;
use subjects::ids::RunId;
use subjects::routing::{Stream, StreamKey};
use tokio_postgres::Row;
use uuid::Uuid;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    /// In another thread.
    Elsewhere,
    /// It goes on.
    Open,
    /// It has ended, as this event said.
    Ended {
        /// Names the event.
        event_id: Uuid,
        /// Whether somebody stopped it.
        cancelled: bool,
    },
}

/// A run that began.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    /// Which.
    pub(crate) run_id: RunId,
    /// Who began it.
    pub(crate) actor: Actor,
    /// When.
    pub(crate) at: DateTime<Utc>,
}

/// A run that ended.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    /// Which, and how.
    pub(crate) end: RunEnd,
    /// The event that says so.
    pub(crate) event_id: Uuid,
    /// When.
    pub(crate) at: DateTime<Utc>,
}

/// Those of the runs that there are in the tenant and env, as the thread sees them.
pub(crate) async fn find(client: &Client, key: &StreamKey, run_ids: &[&str]) -> Result<Vec<(RunId, Run)>, Failure> {
    let find = "
        SELECT run_id, thread_id = $3, end_event_id, cancelled FROM runs
         WHERE tenant_id = $1 AND env = $2 AND run_id = ANY($4)";
    let statement = client.prepare_cached(find).await?;
    let (tenant_id, env) = (key.tenant_id.as_str(), key.env.as_str());
    let rows = client.query(&statement, &[&tenant_id, &env, &thread_id(key), &run_ids]).await?;
    rows.iter().map(to_run).collect()
}

fn to_run(row: &Row) -> Result<(RunId, Run), Failure> {
    let run_id = row.get::<_, &str>(0).parse().context("no run_id").map_err(Failure::Poison)?;
    let run = match (row.get(1), row.get(2)) {
        (false, _) => Run::Elsewhere,
        (true, None) => Run::Open,
        (true, Some(event_id)) => Run::Ended { event_id, cancelled: row.get(3) },
    };
    Ok((run_id, run))
}

/// Keeps that a run began. Fails where there is one of this id.
pub(crate) async fn begin(client: &Client, key: &StreamKey, begun: &Begun) -> Result<(), Failure> {
    let begin = "
        INSERT INTO runs (tenant_id, env, run_id, thread_id, actor_id, actor_type, started_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = client.prepare_cached(begin).await?;
    let (tenant_id, env) = (key.tenant_id.as_str(), key.env.as_str());
    let Begun { run_id, actor, at } = begun;
    let (actor_id, actor_type) = (actor.actor_id.as_str(), actor.actor_type.as_str());
    client
        .execute(&statement, &[&tenant_id, &env, &run_id.as_str(), &thread_id(key), &actor_id, &actor_type, at])
        .await?;
    Ok(())
}

/// Keeps how a run ended.
pub(crate) async fn end(client: &Client, key: &StreamKey, ended: &Ended) -> Result<(), Failure> {
    let end = "
        UPDATE runs SET ended_at = $4, status = $5, cancelled = $6, end_event_id = $7
         WHERE tenant_id = $1 AND env = $2 AND run_id = $3 AND ended_at IS NULL";
    let statement = client.prepare_cached(end).await?;
    let (tenant_id, env) = (key.tenant_id.as_str(), key.env.as_str());
    let Ended { end: RunEnd { run_id, status, cancelled }, event_id, at } = ended;
    client.execute(&statement, &[&tenant_id, &env, &run_id.as_str(), at, status, cancelled, event_id]).await?;
    Ok(())
}

/// The thread of a thread's log.
fn thread_id(key: &StreamKey) -> Option<&str> {
    match &key.stream {
        Stream::Thread(thread_id) => Some(thread_id.as_str()),
        Stream::Canvas(_) => None,
    }
}
