//! `GET /audit/checkpoint`: how far the log is, signed.

use super::head;
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::state::AppState;
use axum::extract::State;
use http::HeaderName;
use http::header::CONTENT_TYPE;
use std::sync::Arc;

/// Text, in the answer's head.
pub(super) const TEXT: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/plain; charset=utf-8")];

/// The signed checkpoint of the tenant's and env's log: its name, how many records it has, and their root, as C2SP's
/// tlog-checkpoint says it. 404 before the first record. Takes the role admin.
#[utoipa::path(get, path = "/audit/checkpoint", tag = "audit", security(("bearer" = [])),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
pub async fn read_checkpoint(
    State(state): State<Arc<AppState>>,
    member: Member,
) -> Result<([(HeaderName, &'static str); 1], String), ApiError> {
    Ok((TEXT, head(&state, &member).await?.note))
}
