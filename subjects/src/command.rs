//! Commands: what a client asks of a canvas, and how it travels to the worker.

use crate::document::Op;
use crate::ids::{ActorId, ActorType};
use crate::routing::RoutingKeys;
use crate::trace::TraceParent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why the actor wants it. Kept with the commit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Intent {
    /// A few words for people, e.g. `Fix hero CTA`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Where the wish came from, e.g. `human`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// For a human, the subject of the token.
    pub actor_id: ActorId,
    /// What kind of being.
    pub actor_type: ActorType,
}

impl Actor {
    /// Who does what nobody is known to have asked for.
    pub fn system() -> Self {
        Self { actor_id: "system".parse().expect("an id"), actor_type: ActorType::System }
    }
}

/// A canvas command on its way to the worker, admitted by an edge: actor, tenant and canvas are checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Names this command for good.
    pub command_id: Uuid,
    /// Names what the client wants done once; unique per stream key and actor.
    pub idempotency_key: String,
    /// SHA-256 of the body in its canonical form (RFC 8785), in hex: tells a repeat from another command.
    pub fingerprint: String,
    /// The rev that the client saw.
    pub base_rev: u64,
    /// Who asks.
    pub actor: Actor,
    /// The routing keys, completed from the registry.
    pub routing: RoutingKeys,
    /// What the client ties together.
    pub correlation_id: Uuid,
    /// The HTTP request it came in.
    pub request_id: String,
    /// The span that caused it.
    pub trace: TraceParent,
    /// Why.
    pub intent: Intent,
    /// What is to be done: all or nothing.
    pub ops: Vec<Op>,
}

/// The body of a message on `cmd.…`: commands of one stream key, in order. Each is judged on its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch<C> {
    /// 1 to [`crate::limits::BATCH_COMMANDS_MAX`].
    pub commands: Vec<C>,
}
