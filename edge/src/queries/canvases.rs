//! The registry of canvases.

use super::{QueryError, count, id, row, rows, word};
use crate::registry::{Entry, Filter, Listed};
use node::postgres::Pool;
use subjects::control::Home;
use subjects::graft::OpenGraft;
use subjects::ids::{CanvasId, Env, TenantId};
use tokio_postgres::Row;

/// The entry of one canvas, with the graft that is open on it.
pub async fn find(
    pool: &Pool,
    tenant_id: &TenantId,
    env: Env,
    canvas_id: &CanvasId,
) -> Result<Option<Entry>, QueryError> {
    const SQL: &str = "SELECT workspace_id, project_id, app_id, surface_id, title, created_by, created_at, session_id,
            mode, gesture_log
        FROM canvases c LEFT JOIN graft_sessions g ON g.tenant_id = c.tenant_id AND g.env = c.env
            AND g.canvas_id = c.canvas_id AND g.state = 'open'
        WHERE c.tenant_id = $1 AND c.env = $2 AND c.canvas_id = $3";
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &canvas_id.as_str()]).await?;
    row.map(|row| Ok(Entry { graft: graft(&row)?, ..entry(&row)? })).transpose()
}

fn graft(row: &Row) -> Result<Option<OpenGraft>, QueryError> {
    let session_id: Option<&str> = row.try_get("session_id")?;
    let Some(session_id) = session_id else {
        return Ok(None);
    };
    let session_id = session_id.parse()?;
    Ok(Some(OpenGraft { session_id, mode: word(row, "mode")?, recorded: word(row, "gesture_log")? }))
}

/// The canvases of a tenant and env that fit the filter, by `canvas_id`, beginning behind `after`.
pub async fn list(
    pool: &Pool,
    (tenant_id, env): (&TenantId, Env),
    filter: &Filter,
    after: Option<&CanvasId>,
    limit: usize,
) -> Result<Vec<Listed>, QueryError> {
    const SQL: &str = "SELECT c.canvas_id, workspace_id, project_id, app_id, surface_id, title, created_by,
            created_at, coalesce(h.rev, 0) AS head_rev
        FROM canvases c
        LEFT JOIN heads h ON h.tenant_id = c.tenant_id AND h.env = c.env AND h.stream = 'canvas.' || c.canvas_id
        WHERE c.tenant_id = $1 AND c.env = $2 AND c.canvas_id > $3
          AND ($4::text IS NULL OR workspace_id = $4) AND ($5::text IS NULL OR project_id = $5)
          AND ($6::text IS NULL OR app_id = $6) AND ($7::text IS NULL OR surface_id = $7)
        ORDER BY c.canvas_id LIMIT $8";
    let [workspace_id, project_id, app_id, surface_id, _] = filter.keys();
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
            &(limit as i64),
        ],
    )
    .await?;
    rows.iter().map(listed).collect()
}

fn entry(row: &Row) -> Result<Entry, QueryError> {
    Ok(Entry {
        home: home(row)?,
        canvas_id: None,
        title: row.try_get("title")?,
        created_by: id(row, "created_by")?,
        created_at: row.try_get("created_at")?,
        graft: None,
    })
}

/// Where a canvas or thread belongs.
pub(super) fn home(row: &Row) -> Result<Home, QueryError> {
    Ok(Home {
        workspace_id: id(row, "workspace_id")?,
        project_id: id(row, "project_id")?,
        app_id: id(row, "app_id")?,
        surface_id: id(row, "surface_id")?,
    })
}

fn listed(row: &Row) -> Result<Listed, QueryError> {
    Ok(Listed { canvas_id: id(row, "canvas_id")?, entry: entry(row)?, head_rev: count(row, "head_rev")? })
}
