//! Actions: what is asked of the world, what was decided about it, and what became of it.

pub mod refusal;

use crate::gates::text::Name;
use crate::ids::{ActorId, Env, TenantId};
use crate::money::Money;
use crate::words::words;
use chrono::{DateTime, Utc};
use gates::{Decision, SubjectKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What is asked of the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// Names it for good. Asked again under the same name, it is the same action.
    pub action_id: Uuid,
    /// What is to be done. Where, say the routing keys.
    pub action: Name,
    /// What kind of being does it.
    pub subject_type: SubjectKind,
    /// Who.
    pub subject_id: Name,
    /// Through whom.
    pub provider: Option<Name>,
    /// What it costs.
    pub cost: Option<Money>,
    /// What whoever carries it out is told: a JSON value as it was written.
    pub payload: Option<String>,
    /// Who carries it out; none where whoever asks does.
    pub webhook_url: Option<String>,
    /// Whether only is to be said what would be decided.
    pub dry_run: bool,
    /// When the edge was asked. What is decided much later is decided without facts.
    pub asked_at: DateTime<Utc>,
    /// SHA-256 of what was asked, in hex: tells a repeat from another action under the same name.
    pub fingerprint: String,
}

/// What was decided, and how the action stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acted {
    /// The action.
    pub action_id: Uuid,
    /// How far it is; none of what was only tried.
    pub status: Option<ActionStatus>,
    /// What was decided. Of what was only tried, what every gate says.
    pub decision: Decision,
    /// What was decided on, where it was only tried: nothing else keeps it.
    pub facts: Option<Value>,
    /// Whether the action was asked for before.
    pub is_repeat: bool,
}

/// How far an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionStatus {
    /// A gate refused it.
    Refused,
    /// It is allowed, and being carried out.
    Pending,
    /// It was carried out, or is left to whoever asked.
    Done,
    /// Nobody took it, however often it was offered.
    Failed,
    /// A kill switch was thrown before it was carried out.
    Stopped,
}

words! {
    ActionStatus, "status", {
        Refused = "refused", Pending = "pending", Done = "done", Failed = "failed", Stopped = "stopped"
    };
}

/// The data of `safety_decision`: told when something is decided, and again when what was allowed has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SafetyDecision {
    /// The action; none of what a role was about to write.
    pub action_id: Option<Uuid>,
    /// What was to be done.
    pub action: String,
    /// What kind of being: `human`, `agent`, `tool`, `surface` or `app`.
    pub subject_type: String,
    /// Who.
    pub subject_id: String,
    /// Whether it may.
    pub allowed: bool,
    /// The gate that refused.
    pub gate: Option<String>,
    /// Its code.
    pub code: Option<String>,
    /// How far the action is.
    pub status: ActionStatus,
    /// Where all gates and their facts can be read.
    pub facts_ref: Option<String>,
    /// What it was decided on; null where that was told before, or is too large for an event.
    pub facts: Option<Value>,
}

/// What an action's name begins with that stays inside.
const DRAFT: &str = "draft:";
const CONTEXT: &str = "action/1";

/// Whether an action stays inside: it is never carried out.
pub fn is_draft(action: &Name) -> bool {
    action.as_str().starts_with(DRAFT)
}

/// Where all gates and their facts can be read of an action.
pub fn facts_ref(action_id: Uuid) -> String {
    format!("/actions/{action_id}/explain")
}

/// The name of the action that an actor asks for under a key: the same whenever it is asked for.
pub fn id_by_key((tenant_id, env): (&TenantId, Env), actor_id: &ActorId, key: &str) -> Uuid {
    let mut hash = Sha256::new();
    for part in [CONTEXT, tenant_id.as_str(), env.as_str(), actor_id.as_str(), key] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_as_it_is_written() {
        for status in ActionStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
            assert_eq!(status.as_str().parse(), Ok(status));
        }
    }

    #[test]
    fn a_key_names_one_action_of_one_actor() {
        let of = |tenant: &str, env, actor: &str, key: &str| {
            id_by_key((&tenant.parse().unwrap(), env), &actor.parse().unwrap(), key)
        };
        let first = of("t_a", Env::Dev, "u_1", "k");
        assert_eq!(first, of("t_a", Env::Dev, "u_1", "k"));
        for other in [
            of("t_b", Env::Dev, "u_1", "k"),
            of("t_a", Env::Prod, "u_1", "k"),
            of("t_a", Env::Dev, "u_2", "k"),
            of("t_a", Env::Dev, "u_1", "kk"),
            of("t_a", Env::Dev, "u_1k", ""),
        ] {
            assert_ne!(other, first);
        }
    }

    #[test]
    fn drafts_say_so() {
        let check = |action: &str, expected| assert_eq!(is_draft(&action.parse().unwrap()), expected, "{action}");
        check("draft:page", true);
        check("page", false);
        check("drafts:page", false);
    }
}
