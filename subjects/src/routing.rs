//! Where something belongs: the routing keys of contract section 1, and the stream they name.

use crate::ids::{
    ActorId, ActorType, AppId, CanvasId, DeviceId, Env, InvalidId, PanelId, ProjectId, ProjectionId, SessionId,
    SurfaceId, TenantId, ThreadId, WorkspaceId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The routing of an event: all that was known of where it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Routing {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// In which environment.
    pub env: Env,
    /// The keys below tenant and env.
    #[serde(flatten)]
    pub keys: RoutingKeys,
}

/// The routing keys below tenant and env. All optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoutingKeys {
    /// Checked against the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// Checked against the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Checked against the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<AppId>,
    /// Checked against the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surface_id: Option<SurfaceId>,
    /// Checked against the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvas_id: Option<CanvasId>,
    /// Checked against the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// Carried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projection_id: Option<ProjectionId>,
    /// Carried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel_id: Option<PanelId>,
    /// The token's subject, for a human.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<ActorId>,
    /// From the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_type: Option<ActorType>,
    /// Carried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Carried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
}

impl RoutingKeys {
    /// The key that names the canvas or thread, and no other.
    pub fn of(stream: &Stream) -> Self {
        match stream {
            Stream::Canvas(canvas_id) => Self { canvas_id: Some(canvas_id.clone()), ..Self::default() },
            Stream::Thread(thread_id) => Self { thread_id: Some(thread_id.clone()), ..Self::default() },
        }
    }
}

/// Each key and the header that can state it. Query, path and body state it by its own name.
pub const KEYS: [(&str, &str); 14] = [
    ("tenant_id", "x-tenant-id"),
    ("env", "x-env"),
    ("workspace_id", "x-workspace-id"),
    ("project_id", "x-project-id"),
    ("app_id", "x-app-id"),
    ("surface_id", "x-surface-id"),
    ("canvas_id", "x-canvas-id"),
    ("thread_id", "x-thread-id"),
    ("projection_id", "x-projection-id"),
    ("panel_id", "x-panel-id"),
    ("actor_id", "x-actor-id"),
    ("actor_type", "x-actor-type"),
    ("session_id", "x-session-id"),
    ("device_id", "x-device-id"),
];

/// What has a history of its own within a tenant and env.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// A canvas.
    Canvas(CanvasId),
    /// A thread.
    Thread(ThreadId),
}

/// Names one log: its truth events are numbered densely from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamKey {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// In which environment.
    pub env: Env,
    /// The canvas or thread.
    pub stream: Stream,
}

impl StreamKey {
    /// The log of a canvas.
    pub fn canvas(tenant_id: TenantId, env: Env, canvas_id: CanvasId) -> Self {
        Self { tenant_id, env, stream: Stream::Canvas(canvas_id) }
    }

    /// The log of a thread.
    pub fn thread(tenant_id: TenantId, env: Env, thread_id: ThreadId) -> Self {
        Self { tenant_id, env, stream: Stream::Thread(thread_id) }
    }
}

/// `canvas.{id}` or `thread.{id}`: as it stands in subjects and in the database.
impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stream::Canvas(id) => write!(f, "canvas.{id}"),
            Stream::Thread(id) => write!(f, "thread.{id}"),
        }
    }
}

impl FromStr for Stream {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once('.') {
            Some(("canvas", id)) => Ok(Stream::Canvas(id.parse()?)),
            Some(("thread", id)) => Ok(Stream::Thread(id.parse()?)),
            _ => Err(InvalidId { kind: "stream", form: "canvas.{canvas_id} or thread.{thread_id}" }),
        }
    }
}

/// `{tenant}.{env}.{stream}`: the tail of every subject that concerns this log.
impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.tenant_id, self.env, self.stream)
    }
}

impl FromStr for StreamKey {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().unwrap_or_default();
        Ok(Self { tenant_id: next().parse()?, env: next().parse()?, stream: next().parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_key_is_read_as_it_is_written() {
        for text in ["t_acme.dev.canvas.c1", "t_acme.prod.thread.th-1"] {
            assert_eq!(text.parse::<StreamKey>().unwrap().to_string(), text);
        }
        for text in ["", "t_acme", "t_acme.dev", "t_acme.dev.canvas", "t_acme.dev.canvas.a.b", "acme.dev.canvas.c1"] {
            assert!(text.parse::<StreamKey>().is_err(), "{text}");
        }
    }
}
