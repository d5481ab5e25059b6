//! Actions: external mutations, through the gates. A worker decides about them and carries them out; here they are asked for
//! and looked at.

pub mod act;
mod body;
pub mod explain;
pub mod list;
pub mod read;
pub mod secret;

use crate::context::Member;
use crate::error::ApiError;
use crate::queries::actions::{self, Action};
use crate::state::AppState;
use subjects::action::refusal::in_short;
use uuid::Uuid;

/// The action of this name, of the member's tenant and env.
async fn find(state: &AppState, member: &Member, action_id: &str) -> Result<Action, ApiError> {
    // What is not in the form of a name names nothing.
    let action_id: Uuid = action_id.parse().map_err(|_| ApiError::not_found())?;
    let found = actions::find(&state.pool, (&member.tenant_id, member.env), action_id).await?;
    found.ok_or_else(ApiError::not_found)
}

/// `{allowed, gate?, code?, facts_ref}`, as it was decided.
fn decided(action: &Action) -> Result<serde_json::Value, ApiError> {
    let decision = serde_json::from_str(&action.decision).map_err(ApiError::internal)?;
    Ok(in_short(&decision, Some(&subjects::action::facts_ref(action.action_id))))
}
