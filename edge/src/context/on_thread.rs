//! A member on a thread that is registered for the tenant and env.

use crate::context::Member;
use crate::context::home::{at_home, settle};
use crate::error::ApiError;
use crate::registry::Entry;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::sync::Arc;
use subjects::code::Code;
use subjects::ids::ThreadId;
use subjects::routing::StreamKey;

/// A member on a thread. The thread exists, is of this tenant and env, and stands where the request says.
#[derive(Debug, Clone)]
pub struct OnThread {
    /// Who asks. Its keys are completed from the registry.
    pub member: Member,
    /// The thread.
    pub thread_id: ThreadId,
    /// The thread's log.
    pub stream: StreamKey,
    /// What the registry says of it.
    pub entry: Arc<Entry>,
}

impl OnThread {
    /// The thread of something that was found. A stated thread must be that one.
    pub async fn of(state: &AppState, mut member: Member, thread_id: &ThreadId) -> Result<Self, ApiError> {
        settle(&mut member.keys.thread_id, thread_id, "thread_id")?;
        Self::find(state, member).await
    }

    /// Finds the thread that the member's keys name.
    pub async fn find(state: &AppState, mut member: Member) -> Result<Self, ApiError> {
        let thread_id = member
            .keys
            .thread_id
            .clone()
            .ok_or_else(|| ApiError::new(Code::ContextMissing, "State thread_id.").with("key", "thread_id"))?;
        let stream = StreamKey::thread(member.tenant_id.clone(), member.env, thread_id.clone());
        let entry = state.registry.find(&stream).await?;
        let entry = entry.ok_or_else(ApiError::not_found)?;
        member.keys = at_home(member.keys, &entry.home)?;
        about_canvas(state, &mut member, &entry).await?;
        Ok(Self { member, thread_id, stream, entry })
    }
}

/// A canvas that is stated is the thread's. Where the thread has none, it is one that the member can see.
async fn about_canvas(state: &AppState, member: &mut Member, entry: &Entry) -> Result<(), ApiError> {
    if let Some(registered) = &entry.canvas_id {
        return settle(&mut member.keys.canvas_id, registered, "canvas_id");
    }
    let Some(canvas_id) = member.keys.canvas_id.clone() else { return Ok(()) };
    let canvas = StreamKey::canvas(member.tenant_id.clone(), member.env, canvas_id);
    state.registry.find(&canvas).await?.map(drop).ok_or_else(ApiError::not_found)
}

impl FromRequestParts<Arc<AppState>> for OnThread {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let member = Member::from_request_parts(parts, state).await?;
        Self::find(state, member).await
    }
}
