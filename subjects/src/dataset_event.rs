//! DatasetEvents that no transaction records: what is refused before anything is asked of the database.

use crate::command::Actor;
use crate::routing::RoutingKeys;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// What happened, on its way into the tenant's audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Names it for good: told twice, it is recorded once.
    pub event_id: Uuid,
    /// When.
    pub ts: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// Where, below tenant and env.
    pub routing: RoutingKeys,
    /// What was asked for, e.g. `canvas.command`.
    pub action: String,
    /// Of what, e.g. `canvas.{canvas_id}`.
    pub resource: String,
    /// The code of the refusal.
    pub outcome: String,
    /// The request that asked for it.
    pub request_id: String,
    /// The trace that it belongs to, in hex.
    pub trace_id: String,
    /// What else there is to know.
    pub details: Value,
}
