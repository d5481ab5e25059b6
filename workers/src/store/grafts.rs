//! Recorded sessions, and the gestures of those that are not done.

use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::Place;
use crate::store::log::{from_sql, to_sql};
use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use subjects::command::Actor;
use subjects::graft::{GraftMode, Recorded};
use subjects::ids::{CanvasId, Env, GraftId, ObjectId, TenantId};
use subjects::routing::RoutingKeys;
use tokio_postgres::Row;
use uuid::Uuid;

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It goes on.
    Open,
    /// It has ended, and its replay is not there yet.
    Stopping,
    /// Its replay is there.
    Done,
}

/// A session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Names it.
    pub(crate) session_id: GraftId,
    /// On which canvas.
    pub(crate) canvas_id: CanvasId,
    /// How others see it.
    pub(crate) mode: GraftMode,
    /// Which gestures are recorded.
    pub(crate) recorded: Recorded,
    /// How far it is.
    pub(crate) state: State,
    /// The canvas's rev when it began.
    pub(crate) start_rev: u64,
    /// When it began.
    pub(crate) started_at: DateTime<Utc>,
    /// The command that began it.
    pub(crate) command_id: Uuid,
    /// Up to where gestures were taken over from the bus.
    pub(crate) gestures_after: u64,
    /// How it ended, if it has.
    pub(crate) end: Option<End>,
    /// Its replay, once it is done.
    pub(crate) artifact_id: Option<ObjectId>,
}

/// How a session ended.
#[derive(Debug, Clone)]
pub(crate) struct End {
    /// At which rev.
    pub(crate) rev: u64,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// Because of what.
    pub(crate) stop: Stop,
}

/// Because of what a session ended: what its artifacts and events are made in the name of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stop {
    /// The command; that of nobody, where the session only rested too long.
    pub(crate) command_id: Uuid,
    /// Who.
    pub(crate) actor: Actor,
    /// Where they were.
    pub(crate) routing: RoutingKeys,
    /// The request.
    pub(crate) request_id: String,
    /// What the client ties together.
    pub(crate) correlation_id: Option<Uuid>,
}

/// A session that begins.
#[derive(Debug, Clone)]
pub(crate) struct NewSession<'a> {
    /// Names it.
    pub(crate) session_id: &'a GraftId,
    /// On which canvas.
    pub(crate) canvas_id: &'a CanvasId,
    /// How others see it.
    pub(crate) mode: GraftMode,
    /// Which gestures are recorded.
    pub(crate) recorded: Recorded,
    /// The canvas's rev.
    pub(crate) start_rev: u64,
    /// Where the bus ended: gestures up to there are of no session, or of another.
    pub(crate) gestures_after: u64,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// The command.
    pub(crate) command_id: Uuid,
    /// Who.
    pub(crate) actor: &'a Actor,
}

const SESSION: &str = "
    SELECT session_id, canvas_id, mode, gesture_log, state, start_rev, started_at, command_id, gestures_after, end_rev, ended_at,
           stop, artifact_id
      FROM graft_sessions WHERE tenant_id = $1 AND env = $2";

/// The session of this name, if there is one.
pub(crate) async fn find(client: &Client, place: Place<'_>, session_id: &GraftId) -> Result<Option<Session>, Failure> {
    one(client, "AND session_id = $3", place, session_id.as_str()).await
}

/// The canvas's session that is not done, if there is one.
pub(crate) async fn unfinished(
    client: &Client,
    place: Place<'_>,
    canvas_id: &CanvasId,
) -> Result<Option<Session>, Failure> {
    one(client, "AND canvas_id = $3 AND state <> 'done'", place, canvas_id.as_str()).await
}

async fn one(client: &Client, which: &str, place: Place<'_>, name: &str) -> Result<Option<Session>, Failure> {
    let statement = client.prepare_cached(&format!("{SESSION} {which}")).await?;
    let row = client.query_opt(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &name]).await?;
    row.as_ref().map(session).transpose().context("a graft session is not understood").map_err(Failure::Poison)
}

fn session(row: &Row) -> anyhow::Result<Session> {
    let end = match row.get::<_, Option<Value>>(11) {
        Some(stop) => Some(End { rev: from_sql(row, 9), at: row.get(10), stop: serde_json::from_value(stop)? }),
        None => None,
    };
    let state = match row.get::<_, &str>(4) {
        "open" => State::Open,
        "stopping" => State::Stopping,
        "done" => State::Done,
        other => anyhow::bail!("a session is {other}"),
    };
    Ok(Session {
        session_id: row.get::<_, &str>(0).parse()?,
        canvas_id: row.get::<_, &str>(1).parse()?,
        mode: row.get::<_, &str>(2).parse()?,
        recorded: row.get::<_, &str>(3).parse()?,
        state,
        start_rev: from_sql(row, 5),
        started_at: row.get(6),
        command_id: row.get(7),
        gestures_after: from_sql(row, 8),
        end,
        artifact_id: row.get::<_, Option<&str>>(12).map(str::parse).transpose()?,
    })
}

/// Begins a session.
pub(crate) async fn begin(client: &Client, place: Place<'_>, new: NewSession<'_>) -> Result<(), Failure> {
    let begin = "
        INSERT INTO graft_sessions (tenant_id, env, session_id, canvas_id, mode, gesture_log, state, start_rev, started_at,
                                    command_id, actor_id, actor_type, active_at, gestures_after)
        VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, $9, $10, $11, $8, $12)";
    let statement = client.prepare_cached(begin).await?;
    client
        .execute(
            &statement,
            &[
                &place.tenant_id.as_str(),
                &place.env.as_str(),
                &new.session_id.as_str(),
                &new.canvas_id.as_str(),
                &new.mode.as_str(),
                &new.recorded.as_str(),
                &to_sql(new.start_rev),
                &new.at,
                &new.command_id,
                &new.actor.actor_id.as_str(),
                &new.actor.actor_type.as_str(),
                &to_sql(new.gestures_after),
            ],
        )
        .await?;
    Ok(())
}

/// Ends a session that goes on. Its replay is still to be made.
pub(crate) async fn end(client: &Client, place: Place<'_>, session_id: &GraftId, end: &End) -> Result<(), Failure> {
    let sql = "
        UPDATE graft_sessions SET state = 'stopping', end_rev = $4, ended_at = $5, stop = $6
         WHERE tenant_id = $1 AND env = $2 AND session_id = $3 AND state = 'open'";
    let statement = client.prepare_cached(sql).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let stop = serde_json::to_value(&end.stop).expect("a stop is JSON");
    client.execute(&statement, &[&tenant_id, &env, &session_id.as_str(), &to_sql(end.rev), &end.at, &stop]).await?;
    Ok(())
}

/// The session is done. What was kept only for its replay is forgotten.
pub(crate) async fn finish(
    client: &Client,
    place: Place<'_>,
    session_id: &GraftId,
    artifact_id: &ObjectId,
) -> Result<(), Failure> {
    let finish = "
        UPDATE graft_sessions SET state = 'done', artifact_id = $4
         WHERE tenant_id = $1 AND env = $2 AND session_id = $3 AND state = 'stopping'";
    let forget = "DELETE FROM graft_gestures WHERE tenant_id = $1 AND env = $2 AND session_id = $3";
    let (finish, forget) = (client.prepare_cached(finish).await?, client.prepare_cached(forget).await?);
    let (tenant_id, env, session_id) = (place.tenant_id.as_str(), place.env.as_str(), session_id.as_str());
    client.execute(&finish, &[&tenant_id, &env, &session_id, &artifact_id.as_str()]).await?;
    client.execute(&forget, &[&tenant_id, &env, &session_id]).await?;
    Ok(())
}

/// A message of the bus with gestures.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    /// Its number there.
    pub(crate) bus_seq: u64,
    /// Events as a JSON array.
    pub(crate) gestures: String,
}

/// Takes gestures over, each once: only whoever knows up to where it was done goes on. One statement. Whether it was us.
pub(crate) async fn take_over(
    client: &Client,
    place: Place<'_>,
    session: &Session,
    chunks: &[Chunk],
) -> Result<bool, Failure> {
    let take = "
        WITH moved AS (
            UPDATE graft_sessions SET gestures_after = $5, active_at = greatest(active_at, now())
             WHERE tenant_id = $1 AND env = $2 AND session_id = $3 AND gestures_after = $4 AND state <> 'done'
            RETURNING session_id)
        INSERT INTO graft_gestures (tenant_id, env, session_id, bus_seq, gestures)
        SELECT $1, $2, moved.session_id, bus_seq, gestures::json
          FROM moved, unnest($6::bigint[], $7::text[]) AS chunk(bus_seq, gestures)";
    let Some(last) = chunks.last() else { return Ok(true) };
    let statement = client.prepare_cached(take).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let (before, after) = (to_sql(session.gestures_after), to_sql(last.bus_seq));
    let seqs: Vec<i64> = chunks.iter().map(|chunk| to_sql(chunk.bus_seq)).collect();
    let gestures: Vec<&str> = chunks.iter().map(|chunk| chunk.gestures.as_str()).collect();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&tenant_id, &env, &session.session_id.as_str(), &before, &after, &seqs, &gestures];
    Ok(client.execute(&statement, &parameters).await? > 0)
}

/// The newest gestures that were taken over, as many as stay within `bytes_max`, in the order of the bus: JSON arrays of events.
/// And whether there are more.
pub(crate) async fn gestures(
    client: &Client,
    place: Place<'_>,
    session_id: &GraftId,
    bytes_max: u64,
) -> Result<(Vec<String>, bool), Failure> {
    let newest = "
        SELECT gestures, chunks FROM (
            SELECT bus_seq, gestures::text AS gestures,
                   sum(octet_length(gestures::text)) OVER (ORDER BY bus_seq DESC) AS bytes, count(*) OVER () AS chunks
              FROM graft_gestures WHERE tenant_id = $1 AND env = $2 AND session_id = $3) AS newest
         WHERE bytes <= $4 ORDER BY bus_seq";
    let statement = client.prepare_cached(newest).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let rows = client.query(&statement, &[&tenant_id, &env, &session_id.as_str(), &to_sql(bytes_max)]).await?;
    let are_cut = rows.first().is_some_and(|row| from_sql(row, 1) > rows.len() as u64);
    Ok((rows.iter().map(|row| row.get(0)).collect(), are_cut))
}

/// Where the artifacts' events stand in the canvas's log.
pub(crate) async fn seqs(client: &Client, place: Place<'_>, artifact_ids: &[ObjectId]) -> Result<Vec<u64>, Failure> {
    let seqs = "
        SELECT seq FROM artifacts
         WHERE tenant_id = $1 AND env = $2 AND artifact_id = ANY($3) AND seq IS NOT NULL ORDER BY seq";
    let statement = client.prepare_cached(seqs).await?;
    let artifact_ids: Vec<&str> = artifact_ids.iter().map(ObjectId::as_str).collect();
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let rows = client.query(&statement, &[&tenant_id, &env, &artifact_ids]).await?;
    Ok(rows.iter().map(|row| from_sql(row, 0)).collect())
}

/// A session that somebody must look after.
#[derive(Debug, Clone)]
pub(crate) struct Unfinished {
    /// Whose.
    pub(crate) tenant_id: TenantId,
    /// Where.
    pub(crate) env: Env,
    /// On which canvas.
    pub(crate) canvas_id: CanvasId,
    /// Which.
    pub(crate) session_id: GraftId,
    /// The canvas's rev.
    pub(crate) head_rev: u64,
    /// When something was last shown in it, as far as was looked.
    pub(crate) active_at: DateTime<Utc>,
}

/// Sessions that are not done, at most `limit`, behind `after` in the order of their names.
pub(crate) async fn all_unfinished(
    client: &Client,
    after: Option<&Unfinished>,
    limit: i64,
) -> Result<Vec<Unfinished>, Failure> {
    let unfinished = "
        SELECT g.tenant_id, g.env, g.canvas_id, g.session_id, h.rev, g.active_at
          FROM graft_sessions g
          JOIN heads h ON h.tenant_id = g.tenant_id AND h.env = g.env AND h.stream = 'canvas.' || g.canvas_id
         WHERE g.state <> 'done' AND (g.tenant_id, g.env, g.session_id) > ($1, $2, $3)
         ORDER BY g.tenant_id, g.env, g.session_id LIMIT $4";
    let statement = client.prepare_cached(unfinished).await?;
    let (tenant_id, env, session_id) =
        after.map_or(("", "", ""), |it| (it.tenant_id.as_str(), it.env.as_str(), it.session_id.as_str()));
    let rows = client.query(&statement, &[&tenant_id, &env, &session_id, &limit]).await?;
    let of = |row: &Row| -> anyhow::Result<Unfinished> {
        Ok(Unfinished {
            tenant_id: row.get::<_, &str>(0).parse()?,
            env: row.get::<_, &str>(1).parse()?,
            canvas_id: row.get::<_, &str>(2).parse()?,
            session_id: row.get::<_, &str>(3).parse()?,
            head_rev: from_sql(row, 4),
            active_at: row.get(5),
        })
    };
    rows.iter().map(of).collect::<Result<_, _>>().context("a graft session is not understood").map_err(Failure::Poison)
}
