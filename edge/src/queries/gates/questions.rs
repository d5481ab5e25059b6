//! Three-wise questions.

use super::{Place, Span, maybe_millis};
use crate::queries::{QueryError, row, rows};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use serde::Serialize;
use serde_json::Value;
use subjects::event::millis;
use tokio_postgres::Row;

/// A three-wise question.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct QuestionBody {
    /// Names it.
    pub question_id: String,
    /// The question.
    pub question: String,
    /// What there is to know, if anything was said.
    #[schema(value_type = Option<Object>)]
    pub details: Option<Value>,
    /// By whom.
    pub asked_by: String,
    /// When.
    #[serde(with = "millis")]
    pub asked_at: DateTime<Utc>,
    /// What two of the three agree on: `APPROVE` or `REJECT`; null until two do.
    #[schema(example = "APPROVE")]
    pub verdict: Option<String>,
    /// Since when.
    #[serde(serialize_with = "maybe_millis")]
    pub decided_at: Option<DateTime<Utc>>,
}

/// What one of the three thinks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OpinionSaid {
    /// Who.
    pub actor_id: String,
    /// What kind of being that is.
    #[schema(example = "human")]
    pub actor_type: String,
    /// `APPROVE` or `REJECT`.
    #[schema(example = "APPROVE")]
    pub opinion: String,
    /// Why.
    pub reason: String,
    /// When.
    #[serde(with = "millis")]
    pub given_at: DateTime<Utc>,
}

macro_rules! question {
    ($rest:literal) => {
        concat!(
            "SELECT question_id, question, details, asked_by, asked_at, verdict, decided_at FROM three_wise_questions
              WHERE tenant_id = $1 AND env = $2 ",
            $rest
        )
    };
}

/// Questions by `question_id`.
pub async fn list(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    span: &Span<String>,
) -> Result<Vec<QuestionBody>, QueryError> {
    const SQL: &str = question!("AND question_id COLLATE \"C\" > $3 ORDER BY question_id COLLATE \"C\" LIMIT $4");
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &span.text(), &span.limit]).await?;
    rows.iter().map(question).collect()
}

/// The question of this name, if there is one.
pub async fn find(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    question_id: &str,
) -> Result<Option<QuestionBody>, QueryError> {
    const SQL: &str = question!("AND question_id = $3");
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &question_id]).await?;
    row.as_ref().map(question).transpose()
}

/// What is thought of a question, the first said first.
pub async fn opinions(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    question_id: &str,
) -> Result<Vec<OpinionSaid>, QueryError> {
    const SQL: &str = "SELECT actor_id, actor_type, opinion, reason, given_at FROM three_wise_opinions
        WHERE tenant_id = $1 AND env = $2 AND question_id = $3 ORDER BY given_at, actor_id";
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &question_id]).await?;
    rows.iter().map(opinion).collect()
}

fn question(row: &Row) -> Result<QuestionBody, QueryError> {
    Ok(QuestionBody {
        question_id: row.try_get("question_id")?,
        question: row.try_get("question")?,
        details: row.try_get("details")?,
        asked_by: row.try_get("asked_by")?,
        asked_at: row.try_get("asked_at")?,
        verdict: row.try_get("verdict")?,
        decided_at: row.try_get("decided_at")?,
    })
}

fn opinion(row: &Row) -> Result<OpinionSaid, QueryError> {
    Ok(OpinionSaid {
        actor_id: row.try_get("actor_id")?,
        actor_type: row.try_get("actor_type")?,
        opinion: row.try_get("opinion")?,
        reason: row.try_get("reason")?,
        given_at: row.try_get("given_at")?,
    })
}
