//! Three-wise questions and what is thought of them.

use crate::runtime::worker::Failure;
use crate::store::gates::{Put, put, word};
use crate::store::{Client, Place};
use gates::Verdict;
use subjects::command::Actor;
use subjects::gates::change::NewQuestion;
use subjects::gates::text::Words;
use subjects::ids::QuestionId;
use tokio_postgres::types::ToSql;

/// What was said to a question so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// What came of it.
    pub(crate) verdict: Option<Verdict>,
    /// Who thinks what.
    pub(crate) opinions: Vec<(String, Verdict)>,
}

/// Puts a question down.
pub(crate) async fn ask(client: &Client, place: Place<'_>, new: &NewQuestion, actor_id: &str) -> Result<Put, Failure> {
    let insert = "
        INSERT INTO three_wise_questions (tenant_id, env, question_id, question, details, asked_by)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let same = "
        SELECT FROM three_wise_questions
         WHERE tenant_id = $1 AND env = $2 AND question_id = $3 AND question = $4
           AND details::text IS NOT DISTINCT FROM ($5::json)::text AND asked_by = $6";
    let NewQuestion { question_id, question, details } = new;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let parameters: &[&(dyn ToSql + Sync)] =
        &[&tenant_id, &env, &question_id.as_str(), &question.as_str(), details, &actor_id];
    put(client, insert, same, parameters).await
}

/// What was said to the question of this name, if there is one.
pub(crate) async fn find(
    client: &Client,
    place: Place<'_>,
    question_id: &QuestionId,
) -> Result<Option<Heard>, Failure> {
    let (tenant_id, env, question_id) = (place.tenant_id.as_str(), place.env.as_str(), question_id.as_str());
    let find = "SELECT verdict FROM three_wise_questions WHERE tenant_id = $1 AND env = $2 AND question_id = $3";
    let statement = client.prepare_cached(find).await?;
    let Some(row) = client.query_opt(&statement, &[&tenant_id, &env, &question_id]).await? else {
        return Ok(None);
    };
    let verdict = row.get::<_, Option<&str>>(0).map(word).transpose()?;
    let opinions = "
        SELECT actor_id, opinion FROM three_wise_opinions WHERE tenant_id = $1 AND env = $2 AND question_id = $3
         ORDER BY given_at";
    let rows = client.query(&client.prepare_cached(opinions).await?, &[&tenant_id, &env, &question_id]).await?;
    let opinion = |row: &tokio_postgres::Row| Ok((row.get(0), word(row.get(1))?));
    let opinions = rows.iter().map(opinion).collect::<Result<_, Failure>>()?;
    Ok(Some(Heard { verdict, opinions }))
}

/// Puts down what somebody thinks.
pub(crate) async fn hear(
    client: &Client,
    place: Place<'_>,
    question_id: &QuestionId,
    (actor, opinion, reason): (&Actor, Verdict, &Words),
) -> Result<(), Failure> {
    let hear = "
        INSERT INTO three_wise_opinions (tenant_id, env, question_id, actor_id, actor_type, opinion, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = client.prepare_cached(hear).await?;
    client
        .execute(
            &statement,
            &[
                &place.tenant_id.as_str(),
                &place.env.as_str(),
                &question_id.as_str(),
                &actor.actor_id.as_str(),
                &actor.actor_type.as_str(),
                &opinion.as_str(),
                &reason.as_str(),
            ],
        )
        .await?;
    Ok(())
}

/// Puts down what came of it.
pub(crate) async fn conclude(
    client: &Client,
    place: Place<'_>,
    question_id: &QuestionId,
    verdict: Verdict,
) -> Result<(), Failure> {
    let conclude = "
        UPDATE three_wise_questions SET verdict = $4, decided_at = clock_timestamp()
         WHERE tenant_id = $1 AND env = $2 AND question_id = $3";
    let statement = client.prepare_cached(conclude).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    client.execute(&statement, &[&tenant_id, &env, &question_id.as_str(), &verdict.as_str()]).await?;
    Ok(())
}
