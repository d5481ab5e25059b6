//! `/three-wise/questions`: three may say what they think, and what two of them agree on is the verdict.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::listing::Listing;
use crate::gates::{change, changed, name, named, said};
use crate::http::body::JsonBody;
use crate::http::query::PageQuery;
use crate::limits::AtLimit;
use crate::queries::gates::questions::{self, OpinionSaid, QuestionBody};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use subjects::gates::Change;
use subjects::gates::change::NewQuestion;
use subjects::gates::text::Words;
use subjects::ids::{QuestionId, Role};

/// A page of three-wise questions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct QuestionPage {
    /// By `question_id`.
    questions: Vec<QuestionBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// A three-wise question, with what is thought of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct QuestionHeard {
    #[serde(flatten)]
    question: QuestionBody,
    /// The first said first; three at most.
    opinions: Vec<OpinionSaid>,
}

/// A question to be asked.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskBody {
    /// Names it. Said twice with the same, it is asked once.
    #[schema(value_type = Option<String>)]
    question_id: Option<QuestionId>,
    /// The question.
    #[schema(value_type = String, max_length = 2000)]
    question: Words,
    /// What there is to know.
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
}

/// What one of the three thinks.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpinionBody {
    /// `APPROVE` or `REJECT`.
    #[schema(example = "APPROVE")]
    opinion: String,
    /// Why.
    #[schema(value_type = String, max_length = 2000)]
    reason: Words,
}

/// Asks a question. Takes the role member.
#[utoipa::path(post, path = "/three-wise/questions", tag = "gates", security(("bearer" = [])), request_body = AskBody,
    responses((status = 201, body = QuestionHeard), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), AtLimit))]
pub async fn ask_question(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<AskBody>,
) -> Result<(StatusCode, Json<QuestionHeard>), ApiError> {
    member.needs(Role::Member)?;
    let AskBody { question_id, question, details } = body;
    let question_id = name(question_id, "q")?;
    let new = NewQuestion { question_id: question_id.clone(), question, details };
    change(&state, &member, Change::AskQuestion(new)).await?;
    Ok((StatusCode::CREATED, read(&state, &member, &question_id).await?))
}

/// Says what one thinks of a question: each once, three at most. What two agree on is the verdict, and then nobody is heard
/// any more (409 `ALREADY_DECIDED`). Takes the role member; agents are heard like people.
#[utoipa::path(post, path = "/three-wise/questions/{question_id}/opinions", tag = "gates", security(("bearer" = [])),
    params(("question_id" = String, Path)), request_body = OpinionBody,
    responses((status = 201, body = QuestionHeard), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        AtLimit))]
pub async fn give_opinion(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(question_id): Path<String>,
    JsonBody(body): JsonBody<OpinionBody>,
) -> Result<(StatusCode, Json<QuestionHeard>), ApiError> {
    member.needs(Role::Member)?;
    let question_id: QuestionId = named(&question_id)?;
    let opinion = said::word(&body.opinion, "opinion")?;
    let opinion = Change::GiveOpinion { question_id: question_id.clone(), opinion, reason: body.reason };
    change(&state, &member, opinion).await?;
    Ok((StatusCode::CREATED, read(&state, &member, &question_id).await?))
}

/// A question, with what is thought of it.
#[utoipa::path(get, path = "/three-wise/questions/{question_id}", tag = "gates", security(("bearer" = [])),
    params(("question_id" = String, Path)),
    responses((status = 200, body = QuestionHeard), (status = 404, body = ProblemBody)))]
pub async fn read_question(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(question_id): Path<String>,
) -> Result<Json<QuestionHeard>, ApiError> {
    read(&state, &member, &named(&question_id)?).await
}

async fn read(state: &AppState, member: &Member, question_id: &QuestionId) -> Result<Json<QuestionHeard>, ApiError> {
    let place = (&member.tenant_id, member.env);
    let question = changed(questions::find(&state.pool, place, question_id.as_str()).await)?;
    let opinions = questions::opinions(&state.pool, place, question_id.as_str()).await?;
    Ok(Json(QuestionHeard { question, opinions }))
}

/// The questions.
#[utoipa::path(get, path = "/three-wise/questions", tag = "gates", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = QuestionPage), (status = 400, body = ProblemBody)))]
pub async fn list_questions(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<QuestionPage>, ApiError> {
    let listing = Listing::of(&state, &member, "questions", &[], query);
    let mut found = questions::list(&state.pool, (&member.tenant_id, member.env), &listing.span()?).await?;
    let next = listing.cut(&mut found, |question| question.question_id.clone());
    Ok(Json(QuestionPage { questions: found, next }))
}
