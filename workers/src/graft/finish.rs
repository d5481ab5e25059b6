//! A session that has ended becomes a replay and two walkthroughs, in one transaction.

use crate::artifacts::made::{self, Made, Making};
use crate::cause::{Cause, Deed};
use crate::graft::{Graft, Outcome, made_by, replay, walkthrough};
use crate::runtime::worker::Failure;
use crate::store::Place;
use crate::store::append::{self, Append, Entries, NO_COMMITS, Opened};
use crate::store::dataset_events;
use crate::store::grafts::{self, End, Session, State};
use anyhow::{Context, anyhow};
use chrono::Utc;
use serde_json::json;
use std::time::Duration;
use subjects::artifact::ArtifactKind;
use subjects::graft::{GraftGrant, Replay};
use subjects::routing::StreamKey;
use subjects::trace::TraceParent;
use uuid::Uuid;

/// One of the things that a session becomes.
#[derive(Clone, Copy)]
pub(super) struct Product {
    /// What it is.
    pub(super) kind: ArtifactKind,
    content_type: &'static str,
    extension: &'static str,
    content: fn(&Replay) -> Vec<u8>,
}

/// What a session becomes, in the order of its events.
pub(super) const PRODUCTS: [Product; 3] = [
    Product { kind: ArtifactKind::Replay, content_type: "application/json", extension: "json", content: replay::json },
    Product {
        kind: ArtifactKind::WalkthroughDebug,
        content_type: "application/json",
        extension: "json",
        content: walkthrough::debug,
    },
    Product {
        kind: ArtifactKind::WalkthroughSales,
        content_type: "text/markdown",
        extension: "md",
        content: |replay| walkthrough::sales(replay).into_bytes(),
    },
];
/// How long an edge may hold a gesture that was shown in time.
const GESTURES_LATE_MS: i64 = 400;

impl Graft {
    /// Makes what comes of a session that has ended, unless it is there.
    pub(super) async fn finish(
        &self,
        (key, trace): (&StreamKey, TraceParent),
        mut session: Session,
        is_redelivered: bool,
    ) -> Result<Outcome, Failure> {
        let end = session.end.clone().context("a session ended without an end").map_err(Failure::Poison)?;
        if session.state == State::Done {
            return self.again((key, trace), &session, &end, is_redelivered).await;
        }
        let late = chrono::TimeDelta::milliseconds(GESTURES_LATE_MS) - (Utc::now() - end.at);
        tokio::time::sleep(late.to_std().unwrap_or(Duration::ZERO)).await;
        self.take_over(key, &mut session).await?;
        let material = self.material(key, &session, end.rev).await?;
        let (of, ended) = (session.clone(), end.clone());
        let built = move || makings(&replay::build(&of, ended.at, material), &of, ended.rev);
        let makings = tokio::task::spawn_blocking(built).await;
        let makings = makings.context("the replay could not be built").map_err(Failure::Transient)?;
        let mut all = Vec::new();
        for making in makings {
            let stores = (&self.loader.pool, &self.loader.bucket);
            all.push(made::put(stores, key, end.stop.command_id, making).await?);
        }
        self.write((key, trace), &session, &end, &all).await
    }

    /// Puts everything down. Whoever comes second finds it done.
    async fn write(
        &self,
        (key, trace): (&StreamKey, TraceParent),
        session: &Session,
        end: &End,
        all: &[Made],
    ) -> Result<Outcome, Failure> {
        let place = Place::of(key);
        let Opened { append, head, .. } = append::open(&self.loader.pool, key, &trace, &[], NO_COMMITS).await?;
        let now = grafts::find(&append, place, &session.session_id).await?;
        let (Some(head), Some(now)) = (head, now) else {
            return Err(Failure::Transient(anyhow!("{key} or its session is gone")));
        };
        if now.state == State::Done {
            append.abandon().await?;
            return self.again((key, trace), &now, end, true).await;
        }
        let stop = &end.stop;
        let cause = Cause {
            command_id: stop.command_id,
            actor: &stop.actor,
            routing: &stop.routing,
            request_id: &stop.request_id,
            correlation_id: stop.correlation_id,
            trace: &trace,
        };
        let mut entries = Entries::default();
        for (seq, made) in (head.seq + 1..).zip(all) {
            entries.events.push(made.write(&append, cause, (key, seq), (Utc::now(), Uuid::now_v7())).await?);
        }
        let replay = all.first().context("no replay was made").map_err(Failure::Poison)?.artifact_id();
        record(&append, cause, session, end).await?;
        grafts::finish(&append, place, &session.session_id, replay).await?;
        append.commit(&entries).await?;
        let granted = GraftGrant::Stopped { artifact_id: replay.clone() };
        Ok(Outcome { events: entries.logged(key), ..Outcome::granted(granted) })
    }

    /// What a session led to that is done already, with the events that were perhaps not told.
    async fn again(
        &self,
        (key, trace): (&StreamKey, TraceParent),
        session: &Session,
        end: &End,
        is_redelivered: bool,
    ) -> Result<Outcome, Failure> {
        let artifact_id = session.artifact_id.clone().context("a session is done without a replay");
        let artifact_id = artifact_id.map_err(Failure::Poison)?;
        let place = Place::of(key);
        let Opened { append, head, .. } = append::open(&self.loader.pool, key, &trace, &[], NO_COMMITS).await?;
        let head_seq = head.map_or(0, |head| head.seq);
        let seqs = grafts::seqs(&append, place, &made_by(&end.stop)).await?;
        let events_again = append.again(&seqs, &Entries::default(), head_seq, is_redelivered).await?;
        append.abandon().await?;
        Ok(Outcome { events_again, ..Outcome::granted(GraftGrant::Stopped { artifact_id }) })
    }
}

async fn record(append: &Append, cause: Cause<'_>, session: &Session, end: &End) -> Result<(), Failure> {
    let deed = Deed {
        action: "graft.stop",
        resource: &format!("graft.{}", session.session_id),
        outcome: dataset_events::DONE,
        details: &json!({
            "canvas_id": session.canvas_id, "mode": session.mode, "gesture_log": session.recorded,
            "start_rev": session.start_rev, "end_rev": end.rev,
        }),
    };
    dataset_events::record(append, Place::of(append.key()), cause.audited(Uuid::now_v7(), deed)).await
}

/// What a session becomes, with its bytes.
fn makings(replay: &Replay, session: &Session, rev: u64) -> [Making; 3] {
    PRODUCTS.map(|Product { kind, content_type, extension, content }| {
        let filename = format!("{}-{kind}.{extension}", session.session_id);
        let bytes = content(replay).into();
        Making { kind, rev: Some(rev), parents: Vec::new(), bytes, content_type, filename }
    })
}
