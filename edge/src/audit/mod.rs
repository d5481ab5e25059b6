//! The tamper-evident log of a tenant and env, for its owners and admins: what happened, and how it is proved.
//!
//! The edge signs nothing and holds no key that could: it hands on what the workers signed, and makes proofs of the tiles
//! that are kept. Whoever is given them verifies them with the crate `audit`, or by the C2SP formats.

pub mod auditor;
mod body;
pub mod checkpoint;
pub mod events;
pub mod files;
pub mod keys;
pub mod proof;
mod tail;
mod tails;
pub mod watch;

pub(crate) use body::AuditEvent;
pub(crate) use tail::AuditOpening;
pub use tails::Tails;

use crate::context::Member;
use crate::error::ApiError;
use crate::queries::audit::{self, Head};
use crate::state::AppState;
use subjects::ids::Role;

/// What is audited names everybody in the tenant, so it takes who may name them.
const LEAST: Role = Role::Admin;

/// The end of the member's log.
async fn head(state: &AppState, member: &Member) -> Result<Head, ApiError> {
    member.needs(LEAST)?;
    audit::head(&state.pool, (&member.tenant_id, member.env)).await?.ok_or_else(ApiError::not_found)
}
