//! What was recorded of a session, gathered from where it is kept.

use crate::graft::Graft;
use crate::graft::replay::Material;
use crate::history::read;
use crate::runtime::worker::Failure;
use crate::store::Place;
use crate::store::canvases::CanvasRef;
use crate::store::grafts::{self, Session};
use crate::store::log;
use crate::store::transaction::on_pool;
use anyhow::Context;
use subjects::event::RawEvent;
use subjects::routing::StreamKey;

/// The most of commits that a replay holds, so that edges can play it. Where there are more, it begins later.
const COMMITS_BYTES_MAX: usize = 12 * 1024 * 1024;
/// The most of gestures that are looked at. Where there are more, the oldest are left out.
const GESTURES_BYTES_MAX: u64 = 12 * 1024 * 1024;

impl Graft {
    /// Takes over the gestures that wait on the bus.
    pub(super) async fn take_over(&self, key: &StreamKey, session: &mut Session) -> Result<(), Failure> {
        let place = Place::of(key);
        loop {
            let chunks = self.gestures.waiting(key, session.gestures_after).await?;
            let Some(last) = chunks.last() else { return Ok(()) };
            let client = on_pool(&self.loader.pool, &key.tenant_id).await?;
            if grafts::take_over(&client, place, session, &chunks).await? {
                session.gestures_after = last.bus_seq;
                continue;
            }
            // Another worker was faster: it goes on from where that one came.
            match grafts::find(&client, place, &session.session_id).await? {
                Some(now) if now.gestures_after > session.gestures_after => session.gestures_after = now.gestures_after,
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// All that there is of a session that ended at `end_rev`.
    pub(super) async fn material(&self, key: &StreamKey, session: &Session, end_rev: u64) -> Result<Material, Failure> {
        let canvas = CanvasRef::of(key).context("no canvas").map_err(Failure::Poison)?;
        let place = Place::of(key);
        let client = on_pool(&self.loader.pool, &key.tenant_id).await?;
        let commits = log::newest_commits(&client, key, (session.start_rev, end_rev), COMMITS_BYTES_MAX).await?;
        let (gestures, are_cut) = grafts::gestures(&client, place, &session.session_id, GESTURES_BYTES_MAX).await?;
        drop(client);
        let commits = commits.iter().map(|commit| read(commit)).collect::<Result<Vec<_>, _>>();
        let commits = commits.context("a commit is not understood").map_err(Failure::Poison)?;
        let start_rev = commits.first().map_or(end_rev, |commit| commit.data.rev - 1);
        let start = self.loader.load(canvas, start_rev).await?.canvas;
        let gestures = gestures.iter().map(|chunk| serde_json::from_str::<Vec<RawEvent>>(chunk));
        let gestures = gestures.collect::<Result<Vec<_>, _>>().context("gestures are not understood");
        let gestures = gestures.map_err(Failure::Poison)?.into_iter().flatten().collect();
        Ok(Material { is_cut: are_cut || start_rev > session.start_rev, start, commits, gestures })
    }
}
