//! What gates decide on: seen by every member, changed by those who may. The role `gates` keeps it.

pub mod budget;
pub mod dangerous_actions;
pub mod kill_switches;
pub mod kpi;
pub mod licences;
mod listing;
pub mod measurements;
pub mod money;
pub mod overrides;
mod said;
pub mod strategy_locks;
pub mod temperature;
pub mod three_wise;
pub mod usage;

use crate::context::Member;
use crate::error::ApiError;
use crate::limits::Class;
use crate::queries::QueryError;
use crate::road::ask::{self, Question};
use crate::state::AppState;
use std::str::FromStr;
use subjects::gates::{Change, GatesAsk, GatesGrant};
use subjects::ids::InvalidId;
use subjects::subject::Asked;
use uuid::Uuid;

/// Changes of what gates of a tenant and env decide on come one after the other.
const ORDER: &str = "gates";

/// Has something changed. When this returns, it is in force: decisions read what was committed.
async fn change(state: &AppState, member: &Member, change: Change) -> Result<(), ApiError> {
    state.rates.take(&member.tenant_id, Class::Commands).await?;
    let ask = GatesAsk::Change(Box::new(change));
    let question = Question { of: Asked::Gates, kind: ask.kind(), order: ORDER, correlation_id: None };
    match ask::by_member(state, member, question, ask.clone()).await? {
        GatesGrant::Done => Ok(()),
        other @ GatesGrant::Acted(_) => Err(ApiError::internal(format!("gates granted something else: {other:?}"))),
    }
}

/// What was changed, read again. It is there unless somebody took it away since.
fn changed<T>(found: Result<Option<T>, QueryError>) -> Result<T, ApiError> {
    found?.ok_or_else(ApiError::not_found)
}

/// The name that the client gave, or a new one that begins so.
fn name<T: FromStr<Err = InvalidId>>(given: Option<T>, prefix: &str) -> Result<T, ApiError> {
    match given {
        Some(given) => Ok(given),
        None => Ok(format!("{prefix}_{}", Uuid::now_v7().simple()).parse()?),
    }
}

/// A name in a path. What is none names nothing.
fn named<T: FromStr>(text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError::not_found())
}
