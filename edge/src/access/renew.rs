//! A new token for an open stream.

use super::pass::Pass;
use crate::context::{Caller, member};
use crate::error::ApiError;
use crate::identity::token::Claims;
use crate::state::AppState;
use subjects::code::Code;

/// Goes on with another token: of the same actor, who is still a member of the stream's tenant.
pub async fn renew(state: &AppState, pass: &Pass, token: &str) -> Result<(), ApiError> {
    let claims = state.tokens.verify(token)?;
    take(pass, claims)
}

fn take(pass: &Pass, claims: Claims) -> Result<(), ApiError> {
    let caller = Caller { claims };
    if caller.actor() != pass.actor {
        return Err(ApiError::new(Code::ContextMismatch, "The token is another actor's.").with("key", "actor_id"));
    }
    let role = member::role_in(&caller, &pass.tenant_id)?;
    pass.renew(&caller.claims, role);
    Ok(())
}
