//! The registry of threads.

use crate::runtime::worker::Failure;
use crate::store::{Client, Registered};
use subjects::control::NewThread;
use subjects::routing::Stream;
use uuid::Uuid;

/// Whether, and by whom, a thread of this name was registered.
pub(crate) async fn find(client: &Client, thread: &NewThread) -> Result<Option<Registered>, Failure> {
    let find = "
        SELECT command_id, created_at FROM threads WHERE tenant_id = $1 AND env = $2 AND thread_id = $3";
    let statement = client.prepare_cached(find).await?;
    let (tenant_id, env, thread_id) = (thread.tenant_id.as_str(), thread.env.as_str(), thread.thread_id.as_str());
    let row = client.query_opt(&statement, &[&tenant_id, &env, &thread_id]).await?;
    Ok(row.as_ref().map(Registered::of))
}

/// Registers a thread and begins its log.
pub(crate) async fn register(
    client: &Client,
    thread: &NewThread,
    command_id: Uuid,
    created_by: &str,
) -> Result<Registered, Failure> {
    let register = "
        WITH head AS (INSERT INTO heads (tenant_id, env, stream) VALUES ($1, $2, $3))
        INSERT INTO threads (tenant_id, env, thread_id, canvas_id, workspace_id, project_id, app_id, surface_id,
                             command_id, created_by)
        VALUES ($1, $2, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING command_id, created_at";
    let statement = client.prepare_cached(register).await?;
    let stream = Stream::Thread(thread.thread_id.clone()).to_string();
    let home = &thread.home;
    let row = client
        .query_one(
            &statement,
            &[
                &thread.tenant_id.as_str(),
                &thread.env.as_str(),
                &stream,
                &thread.thread_id.as_str(),
                &thread.canvas_id.as_ref().map(|id| id.as_str()),
                &home.workspace_id.as_str(),
                &home.project_id.as_str(),
                &home.app_id.as_str(),
                &home.surface_id.as_str(),
                &command_id,
                &created_by,
            ],
        )
        .await?;
    Ok(Registered::of(&row))
}
