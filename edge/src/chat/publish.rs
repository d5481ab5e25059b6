//! Saying something in a thread, on whichever rail it came.

use crate::chat::speech::Speech;
use crate::command::answer::{SaidBody, refusal};
use crate::command::lanes;
use crate::context::OnThread;
use crate::error::ApiError;
use crate::limits::Class;
use crate::passing;
use crate::state::AppState;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use subjects::answer::{Answer, Effect, Said};
use subjects::chat::{Say, Turn};
use subjects::event::{EventIds, EventType, RawEvent};
use subjects::ids::Role;
use subjects::passing::Passing;
use subjects::routing::Routing;
use uuid::Uuid;

/// What a client wants to say.
#[derive(Debug, Clone)]
pub struct PublishAsk {
    /// What it is.
    pub event: EventType,
    /// What there is to say: an object.
    pub data: Box<RawValue>,
    /// The same said again under this key is said once, per actor and thread. Without one, it is said again.
    pub idempotency_key: Option<String>,
    /// What the client ties together.
    pub correlation_id: Option<Uuid>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// It is durable; or it passes, and has neither `seq` nor `cursor`.
    Said {
        /// What it is called, and its place.
        body: SaidBody,
        /// Whether it was said before, under the same key.
        replayed: bool,
    },
    /// The bus has it, and no worker answered in time: it will be said, once.
    Pending {
        /// Names it in `GET /commands/{command_id}`.
        command_id: Uuid,
    },
}

impl Published {
    /// What an `ack` says of it: the answer of HTTP, with `replayed` where it was said before.
    pub fn outcome(&self) -> Map<String, Value> {
        let said = match self {
            Published::Said { body: SaidBody { message_id, seq, cursor }, replayed } => {
                json!({ "message_id": message_id, "seq": seq, "cursor": cursor, "replayed": replayed })
            }
            Published::Pending { command_id } => json!({ "command_id": command_id, "status": "pending" }),
        };
        said.as_object().cloned().unwrap_or_default()
    }
}

/// Says it in the thread. Takes the role member, and counts as one message of the tenant.
///
/// Messages are numbered, kept and answered once durable, in the order in which they come from this edge; what belongs to a
/// run is refused unless the run goes on; a `token_chunk` passes at once, and whether anybody hears it is not known.
pub async fn publish(state: &Arc<AppState>, on: &OnThread, ask: PublishAsk) -> Result<Published, ApiError> {
    on.member.needs(Role::Member)?;
    state.rates.take(&on.member.tenant_id, Class::Messages).await?;
    let speech = Speech::read(&ask)?;
    match speech.turn {
        Turn::Chunk => pass(state, on, speech).await,
        Turn::Message | Turn::RunStart | Turn::Step | Turn::RunEnd => keep(state, on, speech, ask).await,
    }
}

async fn pass(state: &AppState, on: &OnThread, speech: Speech) -> Result<Published, ApiError> {
    let event = chunk(on, speech);
    let said = Said { message_id: event.event_id, seq: None };
    passing::publish(state, &on.stream, &Passing::Events(vec![event])).await?;
    Ok(Published::Said { body: SaidBody::of(said, &state.seal, &on.stream), replayed: false })
}

fn chunk(on: &OnThread, speech: Speech) -> RawEvent {
    let member = &on.member;
    let Speech { event, of, data, .. } = speech;
    let routing = Routing { tenant_id: member.tenant_id.clone(), env: member.env, keys: member.keys.clone() };
    let ids = EventIds {
        request_id: Some(member.request_id.to_string()),
        correlation_id: None,
        run_id: of.run_id.map(|id| id.to_string()),
        step_id: of.step_id.map(|id| id.to_string()),
    };
    passing::event(event, routing, ids, data)
}

async fn keep(state: &AppState, on: &OnThread, speech: Speech, ask: PublishAsk) -> Result<Published, ApiError> {
    let say = say(on, speech, ask)?;
    let (command_id, trace) = (say.command_id, say.trace);
    let command = serde_json::to_vec(&say).map_err(ApiError::internal)?;
    let outcome = state.lanes.join(&on.stream, command, trace)?.await;
    match lanes::answered(outcome)? {
        Some(answer) => said(state, on, answer),
        None => Ok(Published::Pending { command_id }),
    }
}

fn say(on: &OnThread, speech: Speech, ask: PublishAsk) -> Result<Say, ApiError> {
    let command_id = Uuid::now_v7();
    let fingerprint = speech.fingerprint()?;
    let Speech { event, of, end, data, .. } = speech;
    Ok(Say {
        command_id,
        idempotency_key: ask.idempotency_key.unwrap_or_else(|| command_id.to_string()),
        fingerprint,
        actor: on.member.actor(),
        routing: on.member.keys.clone(),
        correlation_id: ask.correlation_id.unwrap_or(command_id),
        request_id: on.member.request_id.to_string(),
        trace: node::telemetry::current(),
        event,
        of,
        end,
        data,
    })
}

fn said(state: &AppState, on: &OnThread, answer: Answer<Effect>) -> Result<Published, ApiError> {
    match answer.outcome {
        Ok(Effect::Said(said)) => {
            Ok(Published::Said { body: SaidBody::of(said, &state.seal, &on.stream), replayed: answer.replayed })
        }
        Ok(Effect::Applied(_)) => Err(ApiError::internal("a thread was answered as a canvas")),
        Err(rejection) => Err(refusal(rejection, &state.seal, &on.stream)),
    }
}
