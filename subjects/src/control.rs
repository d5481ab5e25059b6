//! Control commands: what is asked of the registry of people, tenants, canvases and threads.
//!
//! Each carries the identifiers of what it makes, so that a repeat is recognised and changes nothing.

use crate::flags::Asked;
use crate::ids::{ActorId, AppId, CanvasId, Env, ProjectId, Role, SurfaceId, TenantId, ThreadId, WorkspaceId};
use crate::trace::TraceParent;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A control command on its way to the worker, admitted by an edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ControlCommand {
    /// Names this command for good.
    pub command_id: Uuid,
    /// The HTTP request it came in.
    pub request_id: String,
    /// The span that caused it.
    pub trace: TraceParent,
    /// Who asks; none where nobody is known yet.
    pub actor_id: Option<ActorId>,
    /// How long access tokens are valid, in seconds: what one can no longer give is remembered for as long.
    #[serde(default = "a_day")]
    pub token_secs: u64,
    /// What is asked.
    pub ask: Ask,
}

fn a_day() -> u64 {
    86_400
}

/// What can be asked of the control role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Create a user, a tenant, and the membership that makes the one the other's owner; and a session.
    Signup {
        /// The new user.
        user_id: ActorId,
        /// Lower case, trimmed.
        email: String,
        /// In PHC form.
        password_hash: String,
        /// What the tenant is called.
        tenant_name: String,
        /// The tenant's identifiers to try, in order: the slug of the name, then with suffixes.
        tenant_ids: Vec<TenantId>,
        /// The session that begins.
        session: NewSession,
    },
    /// Begin a session of a user who proved who they are.
    StartSession {
        /// Who.
        user_id: ActorId,
        /// The session.
        session: NewSession,
    },
    /// Spend a refresh token for a new one. Spending one twice ends its session.
    RotateSession {
        /// The session.
        session_id: Uuid,
        /// SHA-256 of the token that is spent, in hex.
        spent_hash: String,
        /// SHA-256 of the token that takes its place, in hex.
        refresh_hash: String,
        /// When the new token ends.
        expires_at: DateTime<Utc>,
    },
    /// End a session.
    EndSession {
        /// The session.
        session_id: Uuid,
        /// SHA-256 of its refresh token, in hex.
        refresh_hash: String,
    },
    /// Give a user a role in a tenant, whether or not they had one.
    SetMember {
        /// Where.
        tenant_id: TenantId,
        /// Whose role; the user must exist.
        user_id: ActorId,
        /// Which.
        role: Role,
        /// The role of who asks: nobody grants or takes what is above their own.
        asker_role: Role,
    },
    /// Take a user out of a tenant.
    RemoveMember {
        /// Where.
        tenant_id: TenantId,
        /// Who.
        user_id: ActorId,
        /// The role of who asks.
        asker_role: Role,
    },
    /// Let a token give nothing more, in one tenant or, in tenant-0's name, everywhere.
    RevokeToken {
        /// Where.
        tenant_id: TenantId,
        /// `jti`.
        token_id: Uuid,
    },
    /// Create a user whom another issuer knows, with a tenant that they own. Nothing is changed where the user exists.
    Welcome {
        /// The new user. It follows from issuer and subject.
        user_id: ActorId,
        /// Where the issuer vouches for it.
        email: Option<String>,
        /// `iss`.
        issuer: String,
        /// `sub`.
        subject: String,
        /// What the tenant is called.
        tenant_name: String,
        /// The tenant's identifiers to try, in order.
        tenant_ids: Vec<TenantId>,
    },
    /// Register a canvas and begin its history at rev 0.
    RegisterCanvas(NewCanvas),
    /// Register a thread and begin its log.
    RegisterThread(NewThread),
    /// Set flags of a tenant, or of tenant-0 for everybody.
    SetFlags {
        /// Whose.
        tenant_id: TenantId,
        /// Where.
        env: Env,
        /// What each is to say.
        flags: Asked,
        /// The role of who asks.
        asker_role: Role,
    },
}

impl Ask {
    /// The word for it in subjects: `control.{kind}`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Ask::Signup { .. } => "signup",
            Ask::StartSession { .. } => "start_session",
            Ask::RotateSession { .. } => "rotate_session",
            Ask::EndSession { .. } => "end_session",
            Ask::SetMember { .. } => "set_member",
            Ask::RemoveMember { .. } => "remove_member",
            Ask::RevokeToken { .. } => "revoke_token",
            Ask::Welcome { .. } => "welcome",
            Ask::RegisterCanvas(_) => "register_canvas",
            Ask::RegisterThread(_) => "register_thread",
            Ask::SetFlags { .. } => "set_flags",
        }
    }

    /// Whose it is; none where it concerns people, who may belong to several tenants.
    pub const fn tenant_id(&self) -> Option<&TenantId> {
        match self {
            Ask::SetMember { tenant_id, .. }
            | Ask::RemoveMember { tenant_id, .. }
            | Ask::RevokeToken { tenant_id, .. }
            | Ask::SetFlags { tenant_id, .. } => Some(tenant_id),
            Ask::RegisterCanvas(canvas) => Some(&canvas.tenant_id),
            Ask::RegisterThread(thread) => Some(&thread.tenant_id),
            Ask::Signup { .. }
            | Ask::StartSession { .. }
            | Ask::RotateSession { .. }
            | Ask::EndSession { .. }
            | Ask::Welcome { .. } => None,
        }
    }
}

/// A session that begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewSession {
    /// Names it.
    pub session_id: Uuid,
    /// SHA-256 of its refresh token, in hex.
    pub refresh_hash: String,
    /// When the refresh token ends.
    pub expires_at: DateTime<Utc>,
}

/// A canvas to be registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewCanvas {
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub env: Env,
    /// Names it, within tenant and env.
    pub canvas_id: CanvasId,
    /// Where it belongs.
    #[serde(flatten)]
    pub home: Home,
    /// For people.
    pub title: Option<String>,
}

/// A thread to be registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewThread {
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub env: Env,
    /// Names it, within tenant and env.
    pub thread_id: ThreadId,
    /// The canvas that it is about, of the same tenant and env.
    pub canvas_id: Option<CanvasId>,
    /// Where it belongs; where its canvas does, if it has one.
    #[serde(flatten)]
    pub home: Home,
}

/// What a canvas or thread was registered under. It does not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The project.
    pub project_id: ProjectId,
    /// The application.
    pub app_id: AppId,
    /// The surface.
    pub surface_id: SurfaceId,
}

/// What the control role says when it did what was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "granted", rename_all = "snake_case")]
pub enum Granted {
    /// The tenant of a signup: the first of the identifiers that was free.
    Signup {
        /// The tenant that was made.
        tenant_id: TenantId,
    },
    /// A session began, or its token was rotated.
    Session {
        /// Whose it is.
        user_id: ActorId,
    },
    /// It is done, and there is no more to say.
    Done,
    /// The canvas is registered.
    Canvas {
        /// When, for the first time.
        created_at: DateTime<Utc>,
    },
    /// The thread is registered.
    Thread {
        /// When, for the first time.
        created_at: DateTime<Utc>,
    },
}
