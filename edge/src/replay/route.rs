//! `GET /sse/replay/{artifact_id}`: a replay, played back.

use super::play::Player;
use super::script::Place;
use crate::access::{self, Opening, Rail, Resumes};
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::http::query::UrlQuery;
use crate::limits::AtLimit;
use crate::line::{Marks, sent_away};
use crate::queries::replays;
use crate::readers::routes::{last_event_id, take_little, taken_over};
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use node::http::TakenOver;
use serde::Deserialize;
use std::sync::Arc;
use subjects::code::Code;
use subjects::ids::ObjectId;
use subjects::routing::StreamKey;

/// How a replay is played.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlayQuery {
    /// How many times as fast as it happened: 0.1 to 100.
    #[param(default = 1.0, minimum = 0.1, maximum = 100.0)]
    speed: Option<f64>,
}

const SPEEDS: std::ops::RangeInclusive<f64> = 0.1..=100.0;

impl PlayQuery {
    fn speed(&self) -> Result<f64, ApiError> {
        let speed = self.speed.unwrap_or(1.0);
        if SPEEDS.contains(&speed) {
            return Ok(speed);
        }
        let detail = format!("speed is {} to {}.", SPEEDS.start(), SPEEDS.end());
        Err(ApiError::new(Code::QueryInvalid, detail).with("parameter", "speed"))
    }
}

/// A replay, played back: first `hello`, then the commits and gestures of the graft as StreamEvents, each when its time has
/// come, then `end`. Nothing of it is told to anybody else. Events have no `seq`: they are of the past, and a reader goes
/// on behind one by its `id`. Behind `end` there is nothing: 204, upon which an EventSource stays away.
#[utoipa::path(get, path = "/sse/replay/{artifact_id}", tag = "graft", security(("bearer" = [])),
    params(("artifact_id" = String, Path), ("Last-Event-ID" = Option<String>, Header, description = "Where to go on"),
        PlayQuery),
    responses((status = 200, body = String, content_type = "text/event-stream"), (status = 204),
        (status = 404, body = ProblemBody), (status = 413, body = ProblemBody), AtLimit))]
pub async fn sse_replay(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(artifact_id): Path<String>,
    headers: HeaderMap,
    UrlQuery(query): UrlQuery<PlayQuery>,
) -> Result<Response, ApiError> {
    let speed = query.speed()?;
    let artifact_id: ObjectId = artifact_id.parse().map_err(|_| ApiError::not_found())?;
    let (tenant_id, env) = (&member.tenant_id, member.env);
    let stored = replays::find(&state.pool, (tenant_id, env), &artifact_id).await?;
    let stored = stored.ok_or_else(ApiError::not_found)?;
    let permit = state.connections.admit(tenant_id)?;
    let canvas = StreamKey::canvas(tenant_id.clone(), env, stored.canvas_id.clone());
    let entry = state.registry.find(&canvas).await?.ok_or_else(ApiError::not_found)?;
    let marks = Marks::new(&state.seal, ["replay", tenant_id.as_str(), env.as_str(), artifact_id.as_str()]);
    let place = Place { tenant_id: tenant_id.clone(), env, artifact_id, home: entry.home.clone() };
    let played = state.replays.script(&state.bucket, &stored, place).await?;
    let resumed = marks.open(last_event_id(&headers).as_deref()).and_then(|seen| usize::try_from(seen).ok());
    if resumed.is_some_and(|seen| seen > played.script.len()) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let resumes = if resumed.is_some() { Resumes::Proven } else { Resumes::Unproven };
    // The player waits for its pass by itself.
    let pass = access::open(&state, &member, Opening { rail: Rail::Sse, resumes, wake: Box::new(|| ()) }).await?;
    let stall = state.config.readers.stall();
    let player = Player { played, marks, resumed, speed, pass, stall, _permit: permit };
    Ok(taken_over(move |TakenOver { socket, permit: place, .. }| {
        take_little(&socket);
        let sent_away = sent_away(state.stop.clone(), state.config.readers.drain());
        let stop = state.stop.clone();
        stop.spawn(player.play(socket, place, sent_away));
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_has_bounds() {
        let check = |speed: Option<f64>, expected: Option<f64>| {
            assert_eq!(PlayQuery { speed }.speed().ok(), expected, "{speed:?}");
        };
        check(None, Some(1.0));
        for good in [0.1, 1.0, 99.5, 100.0] {
            check(Some(good), Some(good));
        }
        for bad in [0.0, -1.0, 0.09, 100.1, f64::NAN, f64::INFINITY] {
            check(Some(bad), None);
        }
    }
}
