//! The registry of threads.

use super::canvases::home;
use super::{QueryError, count, id, row, rows};
use crate::registry::{Entry, Filter, ListedThread};
use node::postgres::Pool;
use subjects::ids::{Env, TenantId, ThreadId};
use tokio_postgres::Row;

/// The entry of one thread.
pub async fn find(
    pool: &Pool,
    tenant_id: &TenantId,
    env: Env,
    thread_id: &ThreadId,
) -> Result<Option<Entry>, QueryError> {
    const SQL: &str = "SELECT canvas_id, workspace_id, project_id, app_id, surface_id, created_by, created_at
        FROM threads WHERE tenant_id = $1 AND env = $2 AND thread_id = $3";
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &thread_id.as_str()]).await?;
    row.map(|row| entry(&row)).transpose()
}

/// The threads of a tenant and env that fit the filter, by `thread_id`, beginning behind `after`.
pub async fn list(
    pool: &Pool,
    (tenant_id, env): (&TenantId, Env),
    filter: &Filter,
    after: Option<&ThreadId>,
    limit: usize,
) -> Result<Vec<ListedThread>, QueryError> {
    const SQL: &str = "SELECT t.thread_id, canvas_id, workspace_id, project_id, app_id, surface_id, created_by,
            created_at, coalesce(h.seq, 0) AS head_seq
        FROM threads t
        LEFT JOIN heads h ON h.tenant_id = t.tenant_id AND h.env = t.env AND h.stream = 'thread.' || t.thread_id
        WHERE t.tenant_id = $1 AND t.env = $2 AND t.thread_id > $3
          AND ($4::text IS NULL OR workspace_id = $4) AND ($5::text IS NULL OR project_id = $5)
          AND ($6::text IS NULL OR app_id = $6) AND ($7::text IS NULL OR surface_id = $7)
          AND ($8::text IS NULL OR canvas_id = $8)
        ORDER BY t.thread_id LIMIT $9";
    let [workspace_id, project_id, app_id, surface_id, canvas_id] = filter.keys();
    let rows = rows(
        pool,
        tenant_id,
        SQL,
        &[
            &tenant_id.as_str(),
            &env.as_str(),
            &after.map_or("", |id| id.as_str()),
            &workspace_id,
            &project_id,
            &app_id,
            &surface_id,
            &canvas_id,
            &(limit as i64),
        ],
    )
    .await?;
    rows.iter().map(listed).collect()
}

fn entry(row: &Row) -> Result<Entry, QueryError> {
    let canvas_id: Option<&str> = row.try_get("canvas_id")?;
    Ok(Entry {
        home: home(row)?,
        canvas_id: canvas_id.map(str::parse).transpose()?,
        title: None,
        created_by: id(row, "created_by")?,
        created_at: row.try_get("created_at")?,
        graft: None,
    })
}

fn listed(row: &Row) -> Result<ListedThread, QueryError> {
    Ok(ListedThread { thread_id: id(row, "thread_id")?, entry: entry(row)?, head_seq: count(row, "head_seq")? })
}
