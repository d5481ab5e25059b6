//! What people and tenants decide about what is known of them, and what others may learn from.

pub mod erase;
pub mod export;
mod line;
pub mod prefs;
pub mod set;

use crate::context::Member;
use crate::error::ApiError;
use crate::road::ask::{self, Question};
use crate::state::AppState;
use subjects::privacy::{PrivacyAsk, PrivacyGrant};
use subjects::subject::Asked;

/// What a worker grants. What concerns the same person, or the tenant as a whole, is done in order.
async fn ask(state: &AppState, member: &Member, order: &str, ask: PrivacyAsk) -> Result<PrivacyGrant, ApiError> {
    let question = Question { of: Asked::Privacy, kind: ask.kind(), order, correlation_id: None };
    ask::by_member(state, member, question, ask).await
}

/// A grant of another kind than was asked for: worker and edge do not agree.
fn unexpected(granted: &PrivacyGrant) -> ApiError {
    ApiError::internal(format!("privacy granted something else: {granted:?}"))
}
