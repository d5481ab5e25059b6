//! A new token for an open stream, on this edge or another.

use super::pass::Pass;
use crate::context::{Caller, member};
use crate::error::ApiError;
use crate::identity::token::Claims;
use crate::queries::tickets;
use crate::state::AppState;
use chrono::DateTime;
use futures_util::StreamExt;
use node::bus::Bus;
use node::stop::Stop;
use std::sync::Arc;
use std::time::Duration;
use subjects::code::Code;
use subjects::subject;
use uuid::Uuid;

/// How long another edge may take to say that it has the stream.
const ANSWER_MS: u64 = 1_500;

/// Goes on with another token: of the same actor, who is still a member of the stream's tenant.
pub async fn renew(state: &AppState, pass: &Pass, token: &str) -> Result<(), ApiError> {
    let claims = state.identify(token).await?;
    take(state, pass, &claims)?;
    behind(state, pass, &claims).await
}

/// The same for a stream that may be anywhere. One of another actor is as good as none.
pub(super) async fn renew_anywhere(state: &AppState, stream_id: Uuid, claims: &Claims) -> Result<(), ApiError> {
    let Some(pass) = state.passes.find(stream_id) else {
        return ask_others(&state.bus, stream_id, claims).await;
    };
    take(state, &pass, claims).map_err(hidden)?;
    behind(state, &pass, claims).await
}

fn take(state: &AppState, pass: &Pass, claims: &Claims) -> Result<(), ApiError> {
    let caller = Caller::of(claims.clone());
    if caller.actor() != pass.actor {
        return Err(ApiError::new(Code::ContextMismatch, "The token is another actor's.").with("key", "actor_id"));
    }
    let role = member::role_in(&caller, &pass.tenant_id)?;
    pass.renew(claims, role);
    // What was revoked since the token was checked found another behind the stream.
    state.revocations.judge(pass);
    Ok(())
}

/// Whoever comes back with the ticket of the stream comes with the new token.
async fn behind(state: &AppState, pass: &Pass, claims: &Claims) -> Result<(), ApiError> {
    let Some(key) = &pass.ticket else { return Ok(()) };
    let ends_at = DateTime::from_timestamp(claims.exp.cast_signed(), 0).unwrap_or(DateTime::UNIX_EPOCH);
    let claims = serde_json::to_value(claims).map_err(ApiError::internal)?;
    Ok(tickets::renew(&state.pool, key, &claims, ends_at).await?)
}

fn hidden(error: ApiError) -> ApiError {
    if error.code() == Code::ContextMismatch { ApiError::not_found() } else { error }
}

/// Only the edge that has the stream answers.
async fn ask_others(bus: &Bus, stream_id: Uuid, claims: &Claims) -> Result<(), ApiError> {
    let away = |error: &dyn std::error::Error| ApiError::unavailable("The bus", error);
    let answer_to = subject::renewal_answer(Uuid::new_v4());
    let mut answers = bus.client.subscribe(answer_to.clone()).await.map_err(|error| away(&error))?;
    let body = serde_json::to_vec(claims).map_err(ApiError::internal)?;
    let asked = bus.client.publish_with_reply(subject::renewal(stream_id), answer_to, body.into()).await;
    asked.map_err(|error| away(&error))?;
    let answer = tokio::time::timeout(Duration::from_millis(ANSWER_MS), answers.next()).await;
    let Ok(Some(answer)) = answer else { return Err(ApiError::not_found()) };
    match serde_json::from_slice::<Option<Code>>(&answer.payload) {
        Ok(None) => Ok(()),
        Ok(Some(Code::NotAMember)) => {
            Err(ApiError::new(Code::NotAMember, "You are no longer a member of this tenant."))
        }
        Ok(Some(_)) | Err(_) => Err(ApiError::not_found()),
    }
}

/// Answers other edges for the streams that are open here, until asked to stop.
pub fn answer_others(state: &Arc<AppState>) {
    let stop = state.stop.clone();
    stop.spawn(answer(state.clone(), stop.clone()));
}

const SUBSCRIBE_RETRY_MS: u64 = 500;

async fn answer(state: Arc<AppState>, stop: Stop) {
    while !stop.is_asked() {
        if let Ok(mut asked) = state.bus.client.subscribe(subject::RENEWALS).await {
            loop {
                let message = tokio::select! { () = stop.asked() => return, message = asked.next() => message };
                let Some(message) = message else { break };
                answer_one(&state, &message).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(SUBSCRIBE_RETRY_MS)).await;
    }
}

async fn answer_one(state: &AppState, message: &async_nats::Message) {
    let pass = subject::renewed(&message.subject).and_then(|stream_id| state.passes.find(stream_id));
    let (Some(pass), Some(reply)) = (pass, message.reply.clone()) else { return };
    let Ok(claims) = serde_json::from_slice::<Claims>(&message.payload) else { return };
    let taken = match take(state, &pass, &claims) {
        Ok(()) => behind(state, &pass, &claims).await,
        Err(error) => Err(error),
    };
    let code = taken.err().map(|error| error.code());
    let body = serde_json::to_vec(&code).unwrap_or_default();
    if let Err(error) = state.bus.client.publish(reply, body.into()).await {
        tracing::debug!(%error, "an edge was not answered");
    }
}
