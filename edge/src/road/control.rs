//! Asking the control role: what edges may not write themselves.

use crate::context::{Member, RequestId};
use crate::error::ApiError;
use crate::identity::token::{LEEWAY_SECS, TOKEN_SECS_MAX};
use crate::road::Letter;
use crate::state::AppState;
use bytes::Bytes;
use serde::Serialize;
use std::time::Duration;
use subjects::answer::{Answers, Rejection};
use subjects::code::Code;
use subjects::command::Batch;
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

const RETRY_AFTER_SECS: u64 = 2;

/// What the control role granted, or its refusal.
pub async fn ask(state: &AppState, asking: Asking<'_>, ask: Ask) -> Result<Granted, ApiError> {
    let subject = Subject::control(asking.tenant_id, asking.env, ask.kind(), asking.order);
    let trace = node::telemetry::current();
    let command = ControlCommand {
        command_id: Uuid::now_v7(),
        request_id: asking.request_id.to_string(),
        trace,
        actor_id: asking.actor_id,
        token_secs: TOKEN_SECS_MAX + LEEWAY_SECS,
        ask,
    };
    let body = encode(&Batch { commands: vec![command] })?;
    let mut reply = state.road.send(Letter { subject: &subject, body, trace }).await?;
    let answer = reply.within(Duration::from_millis(state.config.answer_wait_ms)).await;
    outcome(&answer.ok_or_else(unanswered)?)
}

/// A grant of another kind than was asked for: worker and edge do not agree.
pub fn unexpected(granted: &Granted) -> ApiError {
    ApiError::internal(format!("control granted something else: {granted:?}"))
}

fn encode(body: &impl Serialize) -> Result<Bytes, ApiError> {
    serde_json::to_vec(body).map(Bytes::from).map_err(ApiError::internal)
}

fn outcome(answer: &[u8]) -> Result<Granted, ApiError> {
    let answers: Answers<Granted> = serde_json::from_slice(answer).map_err(ApiError::internal)?;
    let answer = answers.answers.into_iter().next();
    let answer = answer.ok_or_else(|| ApiError::internal("control gave no answer"))?;
    answer.outcome.map_err(refused)
}

fn refused(rejection: Rejection) -> ApiError {
    match rejection {
        Rejection::Refused { code, detail } => ApiError::new(code, detail),
        Rejection::DeadLettered
        | Rejection::IdempotencyConflict
        | Rejection::RevMismatch { .. }
        | Rejection::OpInvalid { .. }
        | Rejection::EventTooLarge { .. } => ApiError::new(rejection.code(), "The request could not be worked on."),
    }
}

fn unanswered() -> ApiError {
    let detail = "It was taken and is not done yet; it may still be done. Look before you try again.";
    ApiError::new(Code::Unavailable, detail).retry_after(RETRY_AFTER_SECS)
}
