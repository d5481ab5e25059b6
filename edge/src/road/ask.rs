//! Asking a role that owns no logs, and awaiting what it grants.

use crate::context::Member;
use crate::error::ApiError;
use crate::road::Letter;
use crate::state::AppState;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use subjects::answer::{Answers, Rejection};
use subjects::code::Code;
use subjects::command::Batch;
use subjects::member_command::MemberCommand;
use subjects::subject::{Asked, Subject};
use subjects::trace::TraceParent;
use uuid::Uuid;

const RETRY_AFTER_SECS: u64 = 2;

/// Whom a member asks, in a word what, and in which order.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Whom.
    pub of: Asked,
    /// The word for what is asked, in subjects.
    pub kind: &'a str,
    /// What is asked with the same text here is worked on in order.
    pub order: &'a str,
    /// What the client ties together.
    pub correlation_id: Option<Uuid>,
}

/// What a role granted a member, or its refusal.
pub async fn by_member<A: Serialize, G: DeserializeOwned>(
    state: &AppState,
    member: &Member,
    question: Question<'_>,
    ask: A,
) -> Result<G, ApiError> {
    in_time(state, member, question, ask).await?.ok_or_else(unanswered)
}

/// The same; none where the bus has the question, and no worker answered in time: it will be worked on.
pub async fn in_time<A: Serialize, G: DeserializeOwned>(
    state: &AppState,
    member: &Member,
    question: Question<'_>,
    ask: A,
) -> Result<Option<G>, ApiError> {
    let Question { of, kind, order, correlation_id } = question;
    let subject = Subject::ask(of, (member.tenant_id.clone(), member.env), kind, order);
    let trace = node::telemetry::current();
    let command = MemberCommand {
        command_id: Uuid::now_v7(),
        request_id: member.request_id.to_string(),
        trace,
        tenant_id: member.tenant_id.clone(),
        env: member.env,
        actor: member.actor(),
        routing: member.keys.clone(),
        correlation_id,
        ask,
    };
    answered(state, &subject, command, trace).await
}

/// What came of a command, or why nothing did.
pub(super) async fn granted<C: Serialize, G: DeserializeOwned>(
    state: &AppState,
    subject: &Subject,
    command: C,
    trace: TraceParent,
) -> Result<G, ApiError> {
    answered(state, subject, command, trace).await?.ok_or_else(unanswered)
}

/// What came of a command; none where nothing did in time.
async fn answered<C: Serialize, G: DeserializeOwned>(
    state: &AppState,
    subject: &Subject,
    command: C,
    trace: TraceParent,
) -> Result<Option<G>, ApiError> {
    let body = serde_json::to_vec(&Batch { commands: vec![command] }).map_err(ApiError::internal)?;
    let mut reply = state.road.send(Letter { subject, body: body.into(), trace }).await?;
    let answer = reply.within(Duration::from_millis(state.config.answer_wait_ms)).await;
    answer.map(|answer| outcome(&answer)).transpose()
}

fn outcome<G: DeserializeOwned>(answer: &[u8]) -> Result<G, ApiError> {
    let answers: Answers<G> = serde_json::from_slice(answer).map_err(ApiError::internal)?;
    let answer = answers.answers.into_iter().next();
    let answer = answer.ok_or_else(|| ApiError::internal("a worker gave no answer"))?;
    answer.outcome.map_err(refused)
}

fn refused(rejection: Rejection) -> ApiError {
    let error = match rejection {
        Rejection::Refused { code, detail, members } => ApiError::new(code, detail).with_all(members),
        Rejection::DeadLettered
        | Rejection::IdempotencyConflict
        | Rejection::RevMismatch { .. }
        | Rejection::OpInvalid { .. }
        | Rejection::EventTooLarge { .. } => ApiError::new(rejection.code(), "The request could not be worked on."),
    };
    error.by_worker()
}

fn unanswered() -> ApiError {
    let detail = "It was taken and is not done yet; it may still be done. Look before you try again.";
    ApiError::new(Code::Unavailable, detail).retry_after(RETRY_AFTER_SECS)
}
