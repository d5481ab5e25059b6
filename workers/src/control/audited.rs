//! What is audited of control commands: who did what to whom, and no secret of theirs.

use crate::runtime::worker::Failure;
use crate::store::dataset_events::{self, DatasetEvent};
use crate::store::{Client, Place};
use serde_json::{Value, json};
use subjects::answer::Rejection;
use subjects::command::Actor;
use subjects::control::{Ask, ControlCommand, Granted};
use subjects::ids::{ActorId, ActorType};
use subjects::routing::RoutingKeys;

/// Puts down what came of a command, under its own name: when it comes again, it was put down already.
pub(super) async fn record(
    client: &Client,
    place: Place<'_>,
    command: &ControlCommand,
    outcome: &Result<Granted, Rejection>,
) -> Result<(), Failure> {
    let (resource, details) = about(&command.ask);
    put_down(client, place, command, (&resource, dataset_events::outcome(outcome), &details)).await
}

/// Puts down what was done to the resource, with what there is to know of it.
pub(super) async fn done(
    client: &Client,
    place: Place<'_>,
    command: &ControlCommand,
    details: &Value,
) -> Result<(), Failure> {
    put_down(client, place, command, (&about(&command.ask).0, dataset_events::DONE, details)).await
}

async fn put_down(
    client: &Client,
    place: Place<'_>,
    command: &ControlCommand,
    (resource, outcome, details): (&str, &str, &Value),
) -> Result<(), Failure> {
    let event = DatasetEvent {
        event_id: command.command_id,
        actor: &actor(command),
        routing: &RoutingKeys::default(),
        action: &format!("control.{}", command.ask.kind()),
        resource,
        outcome,
        request_id: &command.request_id,
        trace: &command.trace,
        details,
    };
    dataset_events::record(client, place, event).await
}

/// Who asks: a person, as far as anybody is known.
fn actor(command: &ControlCommand) -> Actor {
    match command.actor_id.clone().or_else(|| newcomer(&command.ask)) {
        Some(actor_id) => Actor { actor_id, actor_type: ActorType::Human },
        None => Actor::system(),
    }
}

/// Who proves with the command who they are.
fn newcomer(ask: &Ask) -> Option<ActorId> {
    match ask {
        Ask::Signup { user_id, .. } | Ask::StartSession { user_id, .. } | Ask::Welcome { user_id, .. } => {
            Some(user_id.clone())
        }
        Ask::RotateSession { .. }
        | Ask::EndSession { .. }
        | Ask::SetMember { .. }
        | Ask::RemoveMember { .. }
        | Ask::RevokeToken { .. }
        | Ask::RegisterCanvas(_)
        | Ask::RegisterThread(_)
        | Ask::SetFlags { .. } => None,
    }
}

/// What it concerns, and what there is to know of it: neither email addresses nor anything that proves who somebody is.
fn about(ask: &Ask) -> (String, Value) {
    match ask {
        Ask::Signup { user_id, tenant_ids, .. } | Ask::Welcome { user_id, tenant_ids, .. } => {
            (format!("user.{user_id}"), json!({ "tenant_ids": tenant_ids }))
        }
        Ask::StartSession { user_id, session } => {
            (format!("user.{user_id}"), json!({ "session_id": session.session_id }))
        }
        Ask::RotateSession { session_id, .. } => (format!("session.{session_id}"), json!({})),
        Ask::EndSession { session_id, .. } => (format!("session.{}", json!(session_id)), json!({})),
        Ask::SetMember { user_id, role, .. } => (format!("member.{user_id}"), json!({ "role": role })),
        Ask::RemoveMember { user_id, .. } => (format!("member.{user_id}"), json!({})),
        Ask::RevokeToken { token_id, .. } => (format!("token.{token_id}"), json!({})),
        Ask::RegisterCanvas(canvas) => (format!("canvas.{}", canvas.canvas_id), json!({ "home": canvas.home })),
        Ask::RegisterThread(thread) => {
            (format!("thread.{}", thread.thread_id), json!({ "home": thread.home, "canvas_id": thread.canvas_id }))
        }
        Ask::SetFlags { flags, .. } => ("flags".to_owned(), json!({ "flags": flags })),
    }
}
