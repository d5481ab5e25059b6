//! Asking the control role: what edges may not write themselves.

use crate::context::{Member, RequestId};
use crate::error::ApiError;
use crate::identity::token::{LEEWAY_SECS, TOKEN_SECS_MAX};
use crate::road::ask;
use crate::state::AppState;
use subjects::control::{Ask, ControlCommand, Granted};
use subjects::ids::{ActorId, Env, TenantId};
use subjects::subject::Subject;
use uuid::Uuid;

/// Who asks, and in which order with what.
#[derive(Debug)]
pub struct Asking<'a> {
    /// Whose it is; tenant-0's where no tenant is concerned.
    pub tenant_id: TenantId,
    /// In which environment.
    pub env: Env,
    /// What is asked with the same text here is worked on in order.
    pub order: &'a str,
    /// The request it came in.
    pub request_id: &'a RequestId,
    /// Who asks, where somebody is known.
    pub actor_id: Option<ActorId>,
}

impl<'a> Asking<'a> {
    /// What a member asks of their tenant.
    pub fn by(member: &'a Member, order: &'a str) -> Self {
        Self {
            tenant_id: member.tenant_id.clone(),
            env: member.env,
            order,
            request_id: &member.request_id,
            actor_id: Some(member.actor().actor_id),
        }
    }

    /// What concerns people, not a tenant: asked in tenant-0's name.
    pub fn about_people(order: &'a str, request_id: &'a RequestId, actor_id: Option<ActorId>) -> Self {
        Self { tenant_id: TenantId::system(), env: Env::Prod, order, request_id, actor_id }
    }
}

/// What the control role granted, or its refusal.
pub async fn ask(state: &AppState, asking: Asking<'_>, wish: Ask) -> Result<Granted, ApiError> {
    let subject = Subject::control(asking.tenant_id, asking.env, wish.kind(), asking.order);
    let trace = node::telemetry::current();
    let command = ControlCommand {
        command_id: Uuid::now_v7(),
        request_id: asking.request_id.to_string(),
        trace,
        actor_id: asking.actor_id,
        token_secs: TOKEN_SECS_MAX + LEEWAY_SECS,
        ask: wish,
    };
    ask::granted(state, &subject, command, trace).await
}

/// A grant of another kind than was asked for: worker and edge do not agree.
pub fn unexpected(granted: &Granted) -> ApiError {
    ApiError::internal(format!("control granted something else: {granted:?}"))
}
