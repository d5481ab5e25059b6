//! `GET /problems/{code}`: where the `type` of every error leads.

use crate::error::{self, ApiError};
use axum::Json;
use axum::extract::Path;
use serde::Serialize;
use subjects::code::Code;

/// What a code means.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemKind {
    /// The stable word.
    #[schema(value_type = String)]
    code: Code,
    /// The status it comes with.
    status: u16,
    /// The code in words.
    #[schema(value_type = String)]
    title: &'static str,
}

/// What the code of an error means.
#[utoipa::path(get, path = "/problems/{code}", tag = "operations", params(("code" = String, Path)),
    responses((status = 200, body = ProblemKind)))]
pub async fn problem_kind(Path(code): Path<String>) -> Result<Json<ProblemKind>, ApiError> {
    let known = Code::ALL.iter().find(|known| known.as_str() == code);
    let code = *known.ok_or_else(ApiError::not_found)?;
    Ok(Json(ProblemKind { code, status: error::status(code).as_u16(), title: error::title(code) }))
}
