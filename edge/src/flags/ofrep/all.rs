//! `POST /ofrep/v1/evaluate/flags`: what every flag says; again only when it is something else.

use crate::error::{ApiError, ProblemBody};
use crate::flags::ofrep::body::{BulkEvaluationSuccess, EvaluationBody, EvaluationSuccess};
use crate::flags::ofrep::evaluating::Evaluating;
use crate::http::held::is_held;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};

/// What every flag says, for OpenFeature clients (OFREP 0.3). A tenant that is not stated is the one that the token begins
/// with; the context decides nothing. `ETag` and `If-None-Match` save what is held already.
#[utoipa::path(post, path = "/ofrep/v1/evaluate/flags", tag = "flags", security(("bearer" = [])), request_body = EvaluationBody,
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of what is held")),
    responses((status = 200, body = BulkEvaluationSuccess), (status = 304), (status = 400, body = ProblemBody)))]
pub async fn evaluate_flags(headers: HeaderMap, Evaluating(flags): Evaluating) -> Result<Response, ApiError> {
    let flags = flags.each.iter().map(|(key, effective)| EvaluationSuccess::of(*key, effective)).collect();
    let body = serde_json::to_vec(&BulkEvaluationSuccess { flags }).map_err(ApiError::internal)?;
    // The same on every edge of this version.
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&body)[..16]));
    let fresh = [(ETAG, etag.clone()), (CACHE_CONTROL, "private, no-cache".to_owned())];
    if is_held(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, fresh).into_response());
    }
    Ok((fresh, [(CONTENT_TYPE, "application/json")], body).into_response())
}
