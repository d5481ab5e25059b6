//! What people and tenants decide about what is known of them.

use crate::ids::ActorId;
use serde::{Deserialize, Serialize};

/// What is asked of the role `privacy`. Who may ask is checked by the edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum PrivacyAsk {
    /// Say whether others may learn from what is done in the tenant; in tenant-0's name, for all that say nothing.
    SetTenantTrain {
        /// None takes back what was said.
        train_ok: Option<bool>,
    },
    /// Say whether others may learn from what the asker does in the tenant.
    SetUserTrain {
        /// None takes back what was said.
        train_ok: Option<bool>,
    },
    /// Erase what the tenant's dataset events hold of what somebody did.
    Erase {
        /// Whose.
        user_id: ActorId,
    },
}

impl PrivacyAsk {
    /// The word for it in subjects: `privacy.{kind}`.
    pub const fn kind(&self) -> &'static str {
        match self {
            PrivacyAsk::SetTenantTrain { .. } => "set_tenant_train",
            PrivacyAsk::SetUserTrain { .. } => "set_user_train",
            PrivacyAsk::Erase { .. } => "erase",
        }
    }
}

/// What the role `privacy` grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "granted", rename_all = "snake_case")]
pub enum PrivacyGrant {
    /// It holds from now on.
    Set,
    /// What was there is erased.
    Erased {
        /// How many events.
        erased: u64,
        /// How many are left, because the log has no place for them yet.
        waiting: u64,
    },
}
