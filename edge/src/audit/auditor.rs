//! A member who looks at what others did.

use super::LEAST;
use crate::access::ticket::HeldTicket;
use crate::context::{Caller, Member, RequestId, Stated};
use crate::error::ApiError;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::sync::Arc;
use subjects::ids::ActorId;

/// An admin or owner, and whose deeds they ask for: elsewhere a stated actor must be oneself.
#[derive(Debug)]
pub struct Auditor {
    /// Who asks.
    pub(super) member: Member,
    /// Whose deeds; none is everybody's.
    pub(super) actor_id: Option<ActorId>,
}

impl FromRequestParts<Arc<AppState>> for Auditor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let mut stated = Stated::from_request_parts(parts, state).await?;
        caller.ticket.iter().try_for_each(|ticket: &HeldTicket| ticket.state(&mut stated))?;
        let Ok(request_id) = RequestId::from_request_parts(parts, state).await;
        let actor_id = stated.keys.actor_id.take();
        let member = Member::admit(caller, stated, request_id)?;
        member.needs(LEAST)?;
        Ok(Self { member, actor_id })
    }
}
