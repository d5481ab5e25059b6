//! `GET /audit/proof/{inclusion,consistency}`: proofs from the tiles, to be checked by who was given a checkpoint.

use super::checkpoint::TEXT;
use super::head;
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::http::query::UrlQuery;
use crate::queries::audit::{self, Entry, Head, Named};
use crate::state::AppState;
use ::audit::{Hash, Proof, Question};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::code::Code;
use uuid::Uuid;

/// Of which record.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InclusionQuery {
    /// By its `event_id`.
    event_id: Option<Uuid>,
    /// Or by its place.
    seq: Option<u64>,
    /// In the log as it was with so many records; none is as it is now.
    size: Option<u64>,
}

/// That a record was in a log of a size for which the asker keeps a checkpoint.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InclusionProof {
    seq: u64,
    size: u64,
    /// The record's bytes in base64, as they are hashed.
    record: String,
    /// The hashes beside its way to the root, in base64.
    hashes: Vec<String>,
}

/// Between which sizes.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyQuery {
    /// How many records there were, at least 1.
    from: u64,
    /// How many there were later; none is as many as there are now.
    to: Option<u64>,
}

/// That a log begins as it did before.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsistencyProof {
    from: u64,
    to: u64,
    /// In base64, as RFC 6962 orders them.
    hashes: Vec<String>,
}

/// The proof that one record is in the log: C2SP's tlog-proof with the record as `extra` and the current checkpoint, which
/// `northstar-audit check` needs nothing else for. With `size`, as JSON and without a checkpoint. Takes the role admin.
#[utoipa::path(get, path = "/audit/proof/inclusion", tag = "audit", security(("bearer" = [])), params(InclusionQuery),
    responses((status = 200, content((String = "text/plain"), (InclusionProof = "application/json"))),
        (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn prove_inclusion(
    State(state): State<Arc<AppState>>,
    member: Member,
    UrlQuery(query): UrlQuery<InclusionQuery>,
) -> Result<Response, ApiError> {
    let Head { size: head_size, note } = head(&state, &member).await?;
    let size = query.size.unwrap_or(head_size);
    let place = (&member.tenant_id, member.env);
    let entry = audit::find(&state.pool, place, named(&query)?).await?.ok_or_else(ApiError::not_found)?;
    let seq = entry.seq;
    if !(seq < size && size <= head_size) {
        // It may have got its place between the two questions: then it is there the next time.
        let detail = format!("The record has the seq {seq}, and the log {head_size} records: size is between them.");
        return Err(invalid("size", detail));
    }
    let record = record(&member, entry)?;
    let hashes = answer(&state, &member, Question::Inclusion { seq, size }).await?;
    if query.size.is_some() {
        let hashes = texts(&hashes);
        return Ok(Json(InclusionProof { seq, size, record: STANDARD.encode(record), hashes }).into_response());
    }
    let proof = Proof { record, seq, hashes, note: note.into_bytes() };
    Ok((TEXT, proof.to_text()).into_response())
}

/// The proof that the log begins with what it was before. Takes the role admin.
#[utoipa::path(get, path = "/audit/proof/consistency", tag = "audit", security(("bearer" = [])), params(ConsistencyQuery),
    responses((status = 200, body = ConsistencyProof), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn prove_consistency(
    State(state): State<Arc<AppState>>,
    member: Member,
    UrlQuery(query): UrlQuery<ConsistencyQuery>,
) -> Result<Json<ConsistencyProof>, ApiError> {
    let head_size = head(&state, &member).await?.size;
    let (from, to) = (query.from, query.to.unwrap_or(head_size));
    if !(1 <= from && from <= to && to <= head_size) {
        return Err(invalid("from", format!("1 <= from <= to <= {head_size}, which the log has.")));
    }
    let hashes = answer(&state, &member, Question::Consistency { old: from, new: to }).await?;
    Ok(Json(ConsistencyProof { from, to, hashes: texts(&hashes) }))
}

fn named(query: &InclusionQuery) -> Result<Named, ApiError> {
    match (query.event_id, query.seq) {
        (Some(event_id), None) => Ok(Named::Event(event_id)),
        (None, Some(seq)) => Ok(Named::Seq(seq)),
        (Some(_), Some(_)) | (None, None) => Err(invalid("event_id", "State either event_id or seq.".into())),
    }
}

fn invalid(parameter: &'static str, detail: String) -> ApiError {
    ApiError::new(Code::QueryInvalid, detail).with("parameter", parameter)
}

/// The record as it was hashed.
pub(super) fn record(member: &Member, entry: Entry) -> Result<Vec<u8>, ApiError> {
    let place = (member.tenant_id.as_str(), member.env.as_str());
    entry.recorded.leaf(place, entry.seq, entry.commitment).to_bytes().map_err(ApiError::internal)
}

async fn answer(state: &AppState, member: &Member, question: Question) -> Result<Vec<Hash>, ApiError> {
    let needed = question.tiles().map_err(ApiError::internal)?;
    let tiles = audit::tiles(&state.pool, (&member.tenant_id, member.env), &needed).await?;
    question.answer(&tiles).map_err(ApiError::internal)
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| STANDARD.encode(hash.0)).collect()
}
