//! Grafts: sessions on a canvas that are recorded, to be played back afterwards.
//!
//! A worker opens and ends them, and makes the replay. What an edge does for one: it hears of it by the
//! [`crate::registry`], shows its gestures or keeps them back, and hands them to be recorded ([`crate::gesture`]).

pub mod list;
pub mod start;
pub mod stop;

use crate::error::ApiError;
use subjects::graft::GraftGrant;

/// A grant of another kind than was asked for: worker and edge do not agree.
fn unexpected(granted: &GraftGrant) -> ApiError {
    ApiError::internal(format!("graft granted something else: {granted:?}"))
}
