//! How a canvas of the registry looks in JSON.

use crate::registry::{Entry, Listed};
use chrono::{DateTime, Utc};
use serde::Serialize;
use subjects::control::Home;
use subjects::event::millis;
use subjects::ids::{ActorId, CanvasId, Env, TenantId};

/// A canvas of the registry.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CanvasBody {
    #[schema(value_type = String)]
    tenant_id: TenantId,
    #[schema(value_type = String, example = "dev")]
    env: Env,
    #[schema(value_type = String)]
    canvas_id: CanvasId,
    /// `workspace_id`, `project_id`, `app_id`, `surface_id`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    home: Home,
    title: Option<String>,
    head_rev: u64,
    #[schema(value_type = String)]
    created_by: ActorId,
    #[serde(with = "millis")]
    created_at: DateTime<Utc>,
}

impl CanvasBody {
    /// A canvas as it was just registered.
    pub fn registered(tenant_id: TenantId, env: Env, canvas_id: CanvasId, entry: Entry) -> Self {
        Self::listed(tenant_id, env, Listed { canvas_id, entry, head_rev: 0 })
    }

    /// A canvas of a list.
    pub fn listed(tenant_id: TenantId, env: Env, listed: Listed) -> Self {
        let Listed { canvas_id, entry, head_rev } = listed;
        let Entry { home, title, created_by, created_at, canvas_id: _, graft: _ } = entry;
        Self { tenant_id, env, canvas_id, home, title, head_rev, created_by, created_at }
    }
}
