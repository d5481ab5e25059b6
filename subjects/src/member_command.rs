//! What a member asks of a role that owns no logs: the envelope of commands to artifacts and grafts.

use crate::command::Actor;
use crate::ids::{Env, TenantId};
use crate::routing::RoutingKeys;
use crate::trace::TraceParent;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A command on its way to the worker, admitted by an edge: actor, tenant, role and what `routing` names are checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberCommand<A> {
    /// Names this command for good: a UUIDv7.
    pub command_id: Uuid,
    /// The HTTP request it came in.
    pub request_id: String,
    /// The span that caused it.
    pub trace: TraceParent,
    /// Whose.
    pub tenant_id: TenantId,
    /// Where.
    pub env: Env,
    /// Who asks.
    pub actor: Actor,
    /// The keys below tenant and env.
    pub routing: RoutingKeys,
    /// What the client ties together.
    pub correlation_id: Option<Uuid>,
    /// What is asked.
    pub ask: A,
}
