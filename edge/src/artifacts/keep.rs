//! Asking the role that keeps objects.

use crate::context::Member;
use crate::error::ApiError;
use crate::limits::Class;
use crate::road::ask::{self, Question};
use crate::state::AppState;
use subjects::artifact::Area;
use subjects::artifact::ask::{ArtifactAsk, ArtifactGrant};
use subjects::ids::ObjectId;
use subjects::subject::Asked;
use uuid::Uuid;

/// How the promised object stands.
pub async fn promise(
    state: &AppState,
    member: &Member,
    correlation_id: Option<Uuid>,
    ask: ArtifactAsk,
) -> Result<ArtifactGrant, ApiError> {
    state.rates.take(&member.tenant_id, Class::Commands).await?;
    let object_id = ask.object_id().clone();
    ask::by_member(state, member, question(&ask, object_id.as_str(), correlation_id), ask.clone()).await
}

/// How the object stands once its bytes are proved; none where that takes longer than a request may.
pub async fn register(
    state: &AppState,
    member: &Member,
    object_id: &ObjectId,
    area: Area,
) -> Result<Option<ArtifactGrant>, ApiError> {
    state.rates.take(&member.tenant_id, Class::Commands).await?;
    let ask = ArtifactAsk::Register { object_id: object_id.clone(), area };
    ask::in_time(state, member, question(&ask, object_id.as_str(), None), ask.clone()).await
}

/// What is asked of one object is worked on in order.
fn question<'a>(ask: &ArtifactAsk, object_id: &'a str, correlation_id: Option<Uuid>) -> Question<'a> {
    Question { of: Asked::Artifacts, kind: ask.kind(), order: object_id, correlation_id }
}
