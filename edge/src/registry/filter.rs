//! Which canvases or threads a list is about.

use subjects::ids::{AppId, CanvasId, ProjectId, SurfaceId, WorkspaceId};
use subjects::routing::RoutingKeys;

/// Those that agree in every key that is given.
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
    /// Threads about this canvas. Says nothing of canvases.
    pub canvas_id: Option<CanvasId>,
}

impl Filter {
    /// What a request states.
    pub fn stated(keys: &RoutingKeys) -> Self {
        let RoutingKeys { workspace_id, project_id, app_id, surface_id, canvas_id, .. } = keys.clone();
        Self { workspace_id, project_id, app_id, surface_id, canvas_id }
    }

    /// Its keys, in the order of their declaration; empty where nothing is given.
    pub fn parts(&self) -> [&str; 5] {
        fn text<T>(id: &Option<T>, as_str: fn(&T) -> &str) -> &str {
            id.as_ref().map_or("", as_str)
        }
        [
            text(&self.workspace_id, |id| id.as_str()),
            text(&self.project_id, |id| id.as_str()),
            text(&self.app_id, |id| id.as_str()),
            text(&self.surface_id, |id| id.as_str()),
            text(&self.canvas_id, |id| id.as_str()),
        ]
    }
}
