//! A thread is registered, and its log begins.

use crate::control::{Outcome, asker};
use crate::runtime::worker::Failure;
use crate::store::{Client, Registered, canvases, people, threads};
use subjects::answer::Rejection;
use subjects::code::Code;
use subjects::control::{ControlCommand, Granted, NewThread};
use uuid::Uuid;

/// Registers the thread, with nothing said in it.
pub(crate) async fn register(
    client: &Client,
    command: &ControlCommand,
    thread: &NewThread,
) -> Result<Outcome, Failure> {
    if let Some(found) = threads::find(client, thread).await? {
        return Ok(judge(found, command.command_id));
    }
    if people::tenants(client, std::slice::from_ref(&thread.tenant_id)).await?.is_empty() {
        return Ok(Err(Rejection::refused(Code::NotFound, "There is no such tenant.")));
    }
    if let Some(canvas_id) = &thread.canvas_id
        && canvases::find(client, (&thread.tenant_id, thread.env), canvas_id).await?.is_none()
    {
        return Ok(Err(Rejection::refused(Code::NotFound, "There is no such canvas.")));
    }
    let registered = threads::register(client, thread, command.command_id, asker(command)).await?;
    Ok(Ok(Granted::Thread { created_at: registered.created_at }))
}

/// A repeat of the command that registered it changes nothing and says the same.
fn judge(found: Registered, command_id: Uuid) -> Outcome {
    if found.command_id == command_id {
        Ok(Granted::Thread { created_at: found.created_at })
    } else {
        Err(Rejection::refused(Code::AlreadyExists, "There is a thread of this id."))
    }
}
