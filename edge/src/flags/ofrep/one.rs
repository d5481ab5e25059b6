//! `POST /ofrep/v1/evaluate/flags/{key}`: what one flag says.

use crate::error::{ApiError, ProblemBody};
use crate::flags::ofrep::body::{EvaluationBody, EvaluationSuccess};
use crate::flags::ofrep::evaluating::{Evaluating, told};
use axum::Json;
use axum::extract::Path;
use subjects::code::Code;
use subjects::flags::Key;

/// What one flag says, for OpenFeature clients (OFREP 0.3). A tenant that is not stated is the one that the token begins
/// with; the context decides nothing. Refusals carry `errorCode` and `errorDetails` beside what every problem has.
#[utoipa::path(post, path = "/ofrep/v1/evaluate/flags/{key}", tag = "flags", security(("bearer" = [])),
    params(("key" = String, Path)), request_body = EvaluationBody,
    responses((status = 200, body = EvaluationSuccess), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn evaluate_flag(
    Path(name): Path<String>,
    flags: Result<Evaluating, ApiError>,
) -> Result<Json<EvaluationSuccess>, ApiError> {
    let evaluate = || {
        let Evaluating(flags) = flags?;
        let found = Key::named(&name).and_then(|key| Some((key, flags.each.get(&key)?)));
        let missing = || told(ApiError::new(Code::NotFound, "There is no such flag. GET /feature-flags lists them."));
        let (key, effective) = found.ok_or_else(missing)?;
        Ok(EvaluationSuccess::of(key, effective))
    };
    evaluate().map(Json).map_err(|error: ApiError| error.with("key", name.as_str()))
}
