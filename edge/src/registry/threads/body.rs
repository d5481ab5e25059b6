//! How a thread of the registry looks in JSON.

use crate::registry::{Entry, ListedThread};
use chrono::{DateTime, Utc};
use serde::Serialize;
use subjects::control::Home;
use subjects::event::millis;
use subjects::ids::{ActorId, CanvasId, Env, TenantId, ThreadId};

/// A thread of the registry.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ThreadBody {
    #[schema(value_type = String)]
    tenant_id: TenantId,
    #[schema(value_type = String, example = "dev")]
    env: Env,
    #[schema(value_type = String)]
    thread_id: ThreadId,
    /// The canvas that it is about, if it is about one.
    #[schema(value_type = Option<String>)]
    canvas_id: Option<CanvasId>,
    /// `workspace_id`, `project_id`, `app_id`, `surface_id`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    home: Home,
    head_seq: u64,
    #[schema(value_type = String)]
    created_by: ActorId,
    #[serde(with = "millis")]
    created_at: DateTime<Utc>,
}

impl ThreadBody {
    /// A thread of a list.
    pub fn listed(tenant_id: TenantId, env: Env, listed: ListedThread) -> Self {
        let ListedThread { thread_id, entry, head_seq } = listed;
        let Entry { home, canvas_id, title: _, created_by, created_at, graft: _ } = entry;
        Self { tenant_id, env, thread_id, canvas_id, home, head_seq, created_by, created_at }
    }
}
