//! A canvas is registered, and its history begins.

use crate::control::{Outcome, asker};
use crate::runtime::worker::Failure;
use crate::store::{Client, Registered, canvases, people};
use subjects::answer::Rejection;
use subjects::code::Code;
use subjects::control::{ControlCommand, Granted, NewCanvas};
use uuid::Uuid;

/// Registers the canvas at rev 0.
pub(crate) async fn register(
    client: &Client,
    command: &ControlCommand,
    canvas: &NewCanvas,
) -> Result<Outcome, Failure> {
    if let Some(found) = canvases::find(client, (&canvas.tenant_id, canvas.env), &canvas.canvas_id).await? {
        return Ok(judge(found, command.command_id));
    }
    if people::tenants(client, std::slice::from_ref(&canvas.tenant_id)).await?.is_empty() {
        return Ok(Err(Rejection::refused(Code::NotFound, "There is no such tenant.")));
    }
    let registered = canvases::register(client, canvas, command.command_id, asker(command)).await?;
    Ok(Ok(Granted::Canvas { created_at: registered.created_at }))
}

/// A repeat of the command that registered it changes nothing and says the same.
fn judge(found: Registered, command_id: Uuid) -> Outcome {
    if found.command_id == command_id {
        Ok(Granted::Canvas { created_at: found.created_at })
    } else {
        Err(Rejection::refused(Code::AlreadyExists, "There is a canvas of this id."))
    }
}
