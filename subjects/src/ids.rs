//! The identifiers of contract section 1. Each is its own type, checked once, on the way in.

use gates::SubjectKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Why a text is not an identifier. The text is not repeated: it may be hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} must be {form}")]
pub struct InvalidId {
    /// The key as the contract spells it, e.g. `canvas_id`.
    pub kind: &'static str,
    /// The form that was expected, in words.
    pub form: &'static str,
}

/// The longest identifier, in bytes (contract section 1).
pub const ID_BYTES_MAX: usize = 64;

const PLAIN_FORM: &str = "1 to 64 of A-Z a-z 0-9 _ -";
const TENANT_FORM: &str = "t_ followed by 1 to 62 of a-z 0-9 _ -";
const ENV_FORM: &str = "dev, staging or prod";

/// The form shared by all identifiers but the tenant's: legal as one NATS subject token.
fn is_plain(text: &str) -> bool {
    (1..=ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn is_tenant(text: &str) -> bool {
    text.strip_prefix("t_").is_some_and(|rest| {
        (1..=62).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
    })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal, $is_valid:ident, $form:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(Box<str>);

        $crate::words::checked_text!($name, $is_valid, InvalidId { kind: $kind, form: $form }, InvalidId);
    )*};
}

ids! {
    /// Whose data it is: `t_` + 1–62 of `[a-z0-9_-]`.
    TenantId = "tenant_id", is_tenant, TENANT_FORM;
    /// A group of projects within a tenant.
    WorkspaceId = "workspace_id", is_plain, PLAIN_FORM;
    /// A project within a workspace.
    ProjectId = "project_id", is_plain, PLAIN_FORM;
    /// The application that a canvas belongs to.
    AppId = "app_id", is_plain, PLAIN_FORM;
    /// The surface of an application.
    SurfaceId = "surface_id", is_plain, PLAIN_FORM;
    /// A canvas: one document with one history.
    CanvasId = "canvas_id", is_plain, PLAIN_FORM;
    /// A conversation.
    ThreadId = "thread_id", is_plain, PLAIN_FORM;
    /// A projection of a canvas. Carried and filterable; nobody owns it.
    ProjectionId = "projection_id", is_plain, PLAIN_FORM;
    /// A panel of the front end. Carried and filterable; nobody owns it.
    PanelId = "panel_id", is_plain, PLAIN_FORM;
    /// Who acts; for a human, the subject of the token.
    ActorId = "actor_id", is_plain, PLAIN_FORM;
    /// One sitting of an actor.
    SessionId = "session_id", is_plain, PLAIN_FORM;
    /// The device an actor sits at.
    DeviceId = "device_id", is_plain, PLAIN_FORM;
    /// A run of an agent.
    RunId = "run_id", is_plain, PLAIN_FORM;
    /// A step of a run.
    StepId = "step_id", is_plain, PLAIN_FORM;
    /// Something that has bytes: an artifact or an asset, and then its `artifact_id` or `asset_id`.
    ObjectId = "object_id", is_plain, PLAIN_FORM;
    /// A recorded session on a canvas.
    GraftId = "session_id", is_plain, PLAIN_FORM;
    /// A licence to do what is dangerous.
    LicenceId = "licence_id", is_plain, PLAIN_FORM;
    /// A strategy lock.
    LockId = "lock_id", is_plain, PLAIN_FORM;
    /// A three-wise question.
    QuestionId = "question_id", is_plain, PLAIN_FORM;
    /// A limit of what may be spent.
    LimitId = "limit_id", is_plain, PLAIN_FORM;
    /// An owner's word against what is unknown.
    OverrideId = "override_id", is_plain, PLAIN_FORM;
    /// A node of the canvas document.
    AtomId = "atom_id", is_plain, PLAIN_FORM;
}

impl TenantId {
    /// Tenant-0, the control plane.
    pub const SYSTEM: &'static str = "t_system";
    /// Tenant-1, an ordinary tenant that every deployment has.
    pub const NORTHSTAR: &'static str = "t_northstar";
    /// What a client sends that does not know its tenant. Refused everywhere.
    pub const UNKNOWN: &'static str = "t_unknown";

    /// Tenant-0, the control plane.
    pub fn system() -> Self {
        Self(Self::SYSTEM.into())
    }

    /// Tenant-1, an ordinary tenant that every deployment has.
    pub fn northstar() -> Self {
        Self(Self::NORTHSTAR.into())
    }
}

/// The environment within a tenant. Written `stage`, it is read as `staging`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Env {
    /// Development.
    Dev,
    /// The rehearsal.
    #[serde(alias = "stage")]
    Staging,
    /// Production.
    Prod,
}

impl Env {
    /// Every environment.
    pub const ALL: [Env; 3] = [Env::Dev, Env::Staging, Env::Prod];

    /// The word that stands in subjects, keys and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Env::Dev => "dev",
            Env::Staging => "staging",
            Env::Prod => "prod",
        }
    }
}

impl fmt::Display for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Env {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text {
            "dev" => Ok(Env::Dev),
            "staging" | "stage" => Ok(Env::Staging),
            "prod" => Ok(Env::Prod),
            _ => Err(InvalidId { kind: "env", form: ENV_FORM }),
        }
    }
}

/// What kind of being acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorType {
    /// A person.
    Human,
    /// A program that acts for a tenant.
    Agent,
    /// The rails themselves.
    System,
}

impl ActorType {
    /// Every kind.
    pub const ALL: [ActorType; 3] = [ActorType::Human, ActorType::Agent, ActorType::System];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            ActorType::Human => "human",
            ActorType::Agent => "agent",
            ActorType::System => "system",
        }
    }
}

/// As what an actor is known to the gates who acts as itself.
impl From<ActorType> for SubjectKind {
    fn from(actor_type: ActorType) -> Self {
        match actor_type {
            ActorType::Human => SubjectKind::Human,
            ActorType::Agent => SubjectKind::Agent,
            ActorType::System => SubjectKind::App,
        }
    }
}

impl FromStr for ActorType {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        ActorType::ALL
            .into_iter()
            .find(|actor_type| actor_type.as_str() == text)
            .ok_or(InvalidId { kind: "actor_type", form: "human, agent or system" })
    }
}

/// What a member may do in a tenant. Ordered: a later one may all that an earlier one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads and watches.
    Viewer,
    /// Edits canvases, chats, writes artifacts.
    Member,
    /// Also flags, gates, privacy, keys, members.
    Admin,
    /// Also other owners.
    Owner,
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Member, Role::Admin, Role::Owner];

    /// The word that stands in JSON, tokens and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Member => "member",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }
}

impl FromStr for Role {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(InvalidId { kind: "role", form: "viewer, member, admin or owner" })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_form_and_no_other() {
        let check = |text: &str, plain: bool, tenant: bool| {
            assert_eq!(text.parse::<CanvasId>().is_ok(), plain, "canvas {text:?}");
            assert_eq!(text.parse::<TenantId>().is_ok(), tenant, "tenant {text:?}");
        };
        check("c1", true, false);
        check("t_acme", true, true);
        check("t_Acme", true, false);
        check("t_", true, false);
        check(&format!("t_{}", "a".repeat(62)), true, true);
        check(&"a".repeat(64), true, false);
        check(&format!("t_{}", "a".repeat(63)), false, false);
        for bad in ["", "a.b", "a b", "*", ">", "a\n", "é", "a/b", "..", "a\0", "\u{7f}"] {
            check(bad, false, false);
        }
    }

    #[test]
    fn stage_is_staging() {
        assert_eq!("stage".parse(), Ok(Env::Staging));
        assert_eq!(serde_json::from_str::<Env>("\"stage\"").unwrap(), Env::Staging);
        for env in Env::ALL {
            assert_eq!(env.as_str().parse(), Ok(env));
        }
    }

    #[test]
    fn a_later_role_may_more() {
        assert!(Role::Owner > Role::Admin && Role::Admin > Role::Member && Role::Member > Role::Viewer);
    }
}
