//! What gates decide on: seen by every member, changed by those who may. The role `gates` keeps it.

pub mod money;

use crate::context::Member;
use crate::error::ApiError;
use crate::limits::Class;
use crate::road::ask::{self, Question};
use crate::state::AppState;
use subjects::gates::{Change, GatesAsk, GatesGrant};
use subjects::subject::Asked;

/// Changes of what gates of a tenant and env decide on come one after the other.
const ORDER: &str = "gates";

/// Has something changed. When this returns, it is in force: decisions read what was committed.
pub(crate) async fn change(state: &AppState, member: &Member, change: Change) -> Result<(), ApiError> {
    state.rates.take(&member.tenant_id, Class::Commands).await?;
    let ask = GatesAsk::Change(Box::new(change));
    let question = Question { of: Asked::Gates, kind: ask.kind(), order: ORDER, correlation_id: None };
    match ask::by_member(state, member, question, ask.clone()).await? {
        GatesGrant::Done => Ok(()),
        other @ GatesGrant::Acted(_) => Err(ApiError::internal(format!("gates granted something else: {other:?}"))),
    }
}
