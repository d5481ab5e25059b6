//! The registry of canvases.

use crate::runtime::worker::Failure;
use crate::store::{Client, Registered};
use subjects::control::NewCanvas;
use subjects::ids::{CanvasId, Env, TenantId};
use subjects::routing::{Stream, StreamKey};
use uuid::Uuid;

/// A canvas, by its log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CanvasRef<'a> {
    log: &'a StreamKey,
    id: &'a CanvasId,
}

impl<'a> CanvasRef<'a> {
    /// The canvas whose log it is; none if it is a thread's.
    pub(crate) fn of(log: &'a StreamKey) -> Option<Self> {
        match &log.stream {
            Stream::Canvas(id) => Some(Self { log, id }),
            Stream::Thread(_) => None,
        }
    }

    /// Its log.
    pub(crate) fn log(&self) -> &'a StreamKey {
        self.log
    }

    /// Its name within tenant and env.
    pub(crate) fn id(&self) -> &'a CanvasId {
        self.id
    }

    /// Tenant, env and canvas, as the tables know them.
    pub(super) fn columns(&self) -> (&'a str, &'static str, &'a str) {
        (self.log.tenant_id.as_str(), self.log.env.as_str(), self.id.as_str())
    }
}

/// Whether, and by whom, a canvas of this name was registered.
pub(crate) async fn find(
    client: &Client,
    (tenant_id, env): (&TenantId, Env),
    canvas_id: &CanvasId,
) -> Result<Option<Registered>, Failure> {
    let find = "
        SELECT command_id, created_at FROM canvases WHERE tenant_id = $1 AND env = $2 AND canvas_id = $3";
    let statement = client.prepare_cached(find).await?;
    let row = client.query_opt(&statement, &[&tenant_id.as_str(), &env.as_str(), &canvas_id.as_str()]).await?;
    Ok(row.as_ref().map(Registered::of))
}

/// Registers a canvas and begins its log at rev 0.
pub(crate) async fn register(
    client: &Client,
    canvas: &NewCanvas,
    command_id: Uuid,
    created_by: &str,
) -> Result<Registered, Failure> {
    let register = "
        WITH head AS (INSERT INTO heads (tenant_id, env, stream) VALUES ($1, $2, $3))
        INSERT INTO canvases (tenant_id, env, canvas_id, workspace_id, project_id, app_id, surface_id, title,
                              command_id, created_by)
        VALUES ($1, $2, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING command_id, created_at";
    let statement = client.prepare_cached(register).await?;
    let stream = Stream::Canvas(canvas.canvas_id.clone()).to_string();
    let home = &canvas.home;
    let row = client
        .query_one(
            &statement,
            &[
                &canvas.tenant_id.as_str(),
                &canvas.env.as_str(),
                &stream,
                &canvas.canvas_id.as_str(),
                &home.workspace_id.as_str(),
                &home.project_id.as_str(),
                &home.app_id.as_str(),
                &home.surface_id.as_str(),
                &canvas.title,
                &command_id,
                &created_by,
            ],
        )
        .await?;
    Ok(Registered::of(&row))
}
