//! What is registered: which canvases there are, whose they are, and where they belong.

mod body;
pub mod list;
mod lookup;
pub mod register;

pub use body::CanvasBody;
pub use lookup::Registry;

use chrono::{DateTime, Utc};
use subjects::control::Home;
use subjects::ids::{ActorId, AppId, CanvasId, ProjectId, SurfaceId, WorkspaceId};

/// What the registry says of a canvas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it was registered under. It does not change.
    pub home: Home,
    /// For people.
    pub title: Option<String>,
    /// Who registered it.
    pub created_by: ActorId,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A canvas in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub canvas_id: CanvasId,
    /// What the registry says of it.
    pub entry: Entry,
    /// Its last rev.
    pub head_rev: u64,
}

/// Which canvases a list is about: those that agree in every key that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Registered under this workspace.
    pub workspace_id: Option<WorkspaceId>,
    /// Registered under this project.
    pub project_id: Option<ProjectId>,
    /// Registered under this application.
    pub app_id: Option<AppId>,
    /// Registered under this surface.
    pub surface_id: Option<SurfaceId>,
}
