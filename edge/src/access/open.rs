//! How a stream gets its pass.

use super::pass::{Pass, Place, Rail, Wake};
use super::ticket;
use crate::context::Member;
use crate::error::ApiError;
use crate::flags;
use crate::state::AppState;
use std::sync::Arc;
use uuid::Uuid;

/// How a stream is opened.
pub struct Opening {
    /// How it is framed.
    pub rail: Rail,
    /// Whether it was open before.
    pub resumes: Resumes,
    /// Called when something about the pass changed.
    pub wake: Wake,
}

/// Whether a request proves that it goes on with a stream that it has read: by a `Last-Event-ID` that we sealed for
/// this very log. What stands in the URL proves nothing: whoever steals a ticket has it, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumes {
    /// It has read this log.
    Proven,
    /// It may see it for the first time.
    Unproven,
}

/// The pass of a stream that a member opens, unless the rail is switched off. Ask for it last: what the request came with
/// may be spent by it.
pub async fn open(state: &AppState, member: &Member, opening: Opening) -> Result<Arc<Pass>, ApiError> {
    let Opening { rail, resumes, wake } = opening;
    state.revocations.admits()?;
    let ticket = member.caller.ticket.as_ref();
    let stream_id = match ticket {
        Some(held) => ticket::redeem(state, held, resumes).await?,
        None => Uuid::new_v4(),
    };
    let place = Place { tenant_id: member.tenant_id.clone(), env: member.env, role: member.role };
    let pass = Pass::new(stream_id, rail, &member.caller.claims, place, wake);
    let pass = state.passes.admit(pass.behind(ticket.map(|held| held.key.clone())));
    // What changed since the request was checked found no stream to end.
    state.revocations.judge(&pass);
    flags::rails::admit(&state.flags, &pass).await?;
    match pass.ending() {
        Some(ending) => Err(ApiError::new(ending.code(), ending.detail())),
        None => Ok(pass),
    }
}
