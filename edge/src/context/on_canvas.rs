//! A member on a canvas that is registered for the tenant and env.

use crate::context::Member;
use crate::context::home::at_home;
use crate::error::ApiError;
use crate::registry::Entry;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::sync::Arc;
use subjects::code::Code;
use subjects::ids::CanvasId;
use subjects::routing::StreamKey;

/// A member on a canvas. The canvas exists, is of this tenant and env, and stands where the request says.
#[derive(Debug, Clone)]
pub struct OnCanvas {
    /// Who asks. Its keys are completed from the registry.
    pub member: Member,
    /// The canvas.
    pub canvas_id: CanvasId,
    /// The canvas's log.
    pub stream: StreamKey,
    /// What the registry says of it.
    pub entry: Arc<Entry>,
}

impl OnCanvas {
    /// Finds the canvas that the member's keys name.
    pub async fn find(state: &AppState, mut member: Member) -> Result<Self, ApiError> {
        let canvas_id = member
            .keys
            .canvas_id
            .clone()
            .ok_or_else(|| ApiError::new(Code::ContextMissing, "State canvas_id.").with("key", "canvas_id"))?;
        let stream = StreamKey::canvas(member.tenant_id.clone(), member.env, canvas_id.clone());
        let entry = state.registry.find(&stream).await?;
        let entry = entry.ok_or_else(ApiError::not_found)?;
        if let Some(thread_id) = member.keys.thread_id.clone() {
            let thread = StreamKey::thread(member.tenant_id.clone(), member.env, thread_id);
            state.registry.find(&thread).await?.ok_or_else(ApiError::not_found)?;
        }
        member.keys = at_home(member.keys, &entry.home)?;
        Ok(Self { member, canvas_id, stream, entry })
    }
}

impl FromRequestParts<Arc<AppState>> for OnCanvas {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let member = Member::from_request_parts(parts, state).await?;
        Self::find(state, member).await
    }
}
