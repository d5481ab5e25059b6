//! Which canvases or threads a list is about.

use crate::context::Member;
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

    /// Its keys, in the order of their declaration.
    pub fn keys(&self) -> [Option<&str>; 5] {
        [
            self.workspace_id.as_ref().map(|id| id.as_str()),
            self.project_id.as_ref().map(|id| id.as_str()),
            self.app_id.as_ref().map(|id| id.as_str()),
            self.surface_id.as_ref().map(|id| id.as_str()),
            self.canvas_id.as_ref().map(|id| id.as_str()),
        ]
    }

    /// What names a member's list of `things`: a mark made for another filter is not taken.
    pub fn list<'a>(&'a self, things: &'a str, member: &'a Member) -> Vec<&'a [u8]> {
        let place = [things, member.tenant_id.as_str(), member.env.as_str()];
        let keys = self.keys().map(Option::unwrap_or_default);
        place.into_iter().chain(keys).map(str::as_bytes).collect()
    }
}
