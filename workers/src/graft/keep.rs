//! Looks after sessions: takes over their gestures while the bus has them, ends those that rest, and finishes what a worker that
//! died began.

use crate::graft::{Graft, changed};
use crate::history::read;
use crate::runtime::Runtime;
use crate::runtime::worker::{Failure, Logged};
use crate::store::Place;
use crate::store::grafts::{self, State, Stop, Unfinished};
use crate::store::log;
use crate::store::transaction::on_pool;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use node::health::one_line;
use node::postgres::Scope;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use subjects::command::Actor;
use subjects::routing::{RoutingKeys, StreamKey};
use subjects::trace::TraceParent;
use uuid::Uuid;

/// How often all sessions are looked at.
const EVERY: Duration = Duration::from_secs(5);
/// The sessions that are read at once.
const PAGE: i64 = 500;

/// Looks after sessions until stop is asked. Several may do so at once. Those where nothing happens for `idle_secs` are ended.
pub(crate) async fn keep(graft: Graft, runtime: Runtime, idle_secs: u64) {
    let every = EVERY.min(Duration::from_secs(idle_secs.max(1)));
    loop {
        tokio::select! { () = tokio::time::sleep(every) => {}, () = runtime.stop.asked() => return }
        match AssertUnwindSafe(round(&graft, &runtime, idle_secs)).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => tracing::warn!(cause = one_line(&failure), "sessions could not be looked after"),
            Err(_) => tracing::error!("looking after sessions panicked"),
        }
    }
}

async fn round(graft: &Graft, runtime: &Runtime, idle_secs: u64) -> Result<(), Failure> {
    let mut last = None;
    loop {
        let client = on_pool(&graft.loader.pool, Scope::All).await?;
        let unfinished = grafts::all_unfinished(&client, last.as_ref(), PAGE).await?;
        drop(client);
        for it in &unfinished {
            if runtime.stop.is_asked() {
                return Ok(());
            }
            if let Err(failure) = look_after(graft, runtime, it, idle_secs).await {
                tracing::warn!(cause = one_line(&failure), session = %it.session_id, "a session could not be looked after");
            }
        }
        last = unfinished.into_iter().last();
        if last.is_none() {
            return Ok(());
        }
    }
}

async fn look_after(graft: &Graft, runtime: &Runtime, it: &Unfinished, idle_secs: u64) -> Result<(), Failure> {
    let key = StreamKey::canvas(it.tenant_id.clone(), it.env, it.canvas_id.clone());
    let client = on_pool(&graft.loader.pool, &it.tenant_id).await?;
    let place = Place { tenant_id: &it.tenant_id, env: it.env };
    let session = grafts::find(&client, place, &it.session_id).await?;
    let commit = log::commit(&client, &key, it.head_rev).await?;
    drop(client);
    let Some(mut session) = session else { return Ok(()) };
    let before = session.gestures_after;
    graft.take_over(&key, &mut session).await?;
    let has_rested = session.gestures_after == before && Utc::now() - active_at(it, commit) > secs(idle_secs);
    if session.state == State::Open && !has_rested {
        return Ok(());
    }
    let trace = node::telemetry::current();
    let stop = rested(it);
    let outcome = graft.stop((&key, trace), &it.session_id, stop, true).await?;
    let events = [outcome.events_again, outcome.events].concat();
    tell(runtime, &key, &events, &trace).await
}

/// When something last happened: a gesture, or a commit.
fn active_at(it: &Unfinished, commit: Option<String>) -> DateTime<Utc> {
    let committed_at = commit.and_then(|commit| read(&commit).ok()).map(|commit| commit.ts);
    committed_at.map_or(it.active_at, |at| at.max(it.active_at))
}

fn secs(secs: u64) -> TimeDelta {
    TimeDelta::try_seconds(secs.try_into().unwrap_or(i64::MAX)).unwrap_or(TimeDelta::MAX)
}

/// Readers are told as after a command. What is not told they find in the log.
async fn tell(runtime: &Runtime, key: &StreamKey, events: &[Logged], trace: &TraceParent) -> Result<(), Failure> {
    let told = runtime.tell(events, vec![changed(key)], trace).await;
    told.map_err(|unsent| Failure::Unavailable(unsent.into()))
}

/// The end of a session that rests. Of several who find that it does, one puts its end down.
fn rested(it: &Unfinished) -> Stop {
    Stop {
        command_id: Uuid::now_v7(),
        actor: Actor::system(),
        routing: RoutingKeys { canvas_id: Some(it.canvas_id.clone()), ..RoutingKeys::default() },
        request_id: it.session_id.to_string(),
        correlation_id: None,
    }
}
