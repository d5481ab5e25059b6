//! How one becomes a reader, whichever the rail: its log is watched, its place is found, and its feed takes it in.

use super::Readers;
use super::fill;
use super::passing::{Passer, Rails};
use super::reader::{Admission, Counted, Held, Reader, Sink};
use super::splice::{self, Asked, Splice, splice};
use super::view::View;
use super::watched::{Control, Watch, Watched};
use crate::access::{Pass, Resumes, Wake};
use crate::error::ApiError;
use std::sync::Arc;
use subjects::cursor::Cursor;
use subjects::event::RawEvent;
use subjects::ids::{Env, TenantId};
use subjects::routing::StreamKey;
use subjects::subject::Subject;

/// A reader whose log is watched and whose place is known, before it is told anything.
#[derive(Debug)]
pub(crate) struct Boarding {
    watch: Watch,
    splice: Splice,
    view: View,
}

impl Boarding {
    /// Has the feed look at its readers' passes.
    pub(crate) fn wake(&self) -> Wake {
        let watched = self.watch.watched().clone();
        Box::new(move || watched.look())
    }
}

impl Readers {
    /// What is asked for: by the newer of the two, where both are said.
    pub(crate) fn asked(&self, stream: &StreamKey, last_event_id: Option<&str>, cursor: Option<&str>) -> Asked {
        splice::asked(last_event_id, cursor, &self.hub.seals(stream))
    }

    /// Whether the reader proves by it that it has read this log.
    pub(crate) fn resumes(&self, stream: &StreamKey, last_event_id: Option<&str>) -> Resumes {
        let seals = self.hub.seals(stream);
        match last_event_id.map(|text| Cursor::open(text, &seals.key, &seals.stream)) {
            Some(Ok(_)) => Resumes::Proven,
            Some(Err(_)) | None => Resumes::Unproven,
        }
    }

    /// Watches the log, and decides where a reader begins that asked so. What passes is heard from here on, too, where
    /// the reader sees any of it.
    pub(crate) async fn place(&self, stream: &StreamKey, asked: Asked, view: View) -> Result<Boarding, ApiError> {
        let watch = self.hub.watch(stream).await?;
        if view.hears_passing() {
            self.hear_passing(watch.watched()).await?;
        }
        let heard = watch.watched().head().seq;
        let head = match asked {
            // Another edge, or an answer, may have given it a place that has not come here yet.
            Asked::After(cursor) if cursor.seq > heard => fill::head(&self.hub.means, watch.watched()).await?.seq,
            Asked::After(_) | Asked::Live | Asked::Forged => heard,
        };
        Ok(Boarding { watch, splice: splice(asked, head), view })
    }

    async fn hear_passing(&self, watched: &Watched) -> Result<(), ApiError> {
        let bus = &self.hub.means.backlog.bus;
        let begin = async || {
            let subject = Subject::Passing(watched.seals.stream.clone()).to_string();
            let line = bus.client.subscribe(subject).await;
            let line = line.map_err(|error| ApiError::unavailable("The bus", &error))?;
            if let Err(error) = bus.client.flush().await {
                tracing::debug!(%error, "the first of what passes may be missed");
            }
            watched.tell(Control::Hear(line));
            Ok(())
        };
        watched.hears_passing.get_or_try_init(begin).await.copied()
    }

    /// One more WebSocket, for as long as it lives.
    pub(crate) fn counts_connection(&self) -> Counted {
        Counted::one(&self.hub.means.backlog.meters.websockets)
    }

    /// Makes a reader that is written to there, and gives it to its feed.
    pub(crate) fn board(&self, boarding: Boarding, sink: Sink, pass: Arc<Pass>, admission: Admission) {
        let Boarding { watch, splice, view } = boarding;
        let watched = watch.watched().clone();
        let _counted = Counted::one(&self.hub.means.backlog.meters.readers);
        let held = Held { watch, _admission: admission, _counted };
        let reader = Reader { sink, view, pass, is_greeted: false, passed: None, held };
        watched.tell(Control::Seat(reader, splice));
    }

    /// Tells the live readers of this edge what passes in a log. Without any, nothing is done.
    pub fn pass(&self, stream: &StreamKey, events: &[RawEvent]) {
        if let Some(watched) = self.hub.watched(stream) {
            pass(&watched, events);
        }
    }

    /// Tells the live readers of this edge what concerns all logs of an env, of one tenant or of all. `event` makes it
    /// for each log.
    pub fn pass_to_all(&self, tenant_id: Option<&TenantId>, env: Env, event: impl Fn(&StreamKey) -> RawEvent) {
        for watched in self.hub.feeds() {
            let stream = &watched.seals.stream;
            if stream.env == env && tenant_id.is_none_or(|tenant_id| stream.tenant_id == *tenant_id) {
                pass(&watched, &[event(stream)]);
            }
        }
    }
}

fn pass(watched: &Watched, events: &[RawEvent]) {
    let passers = events.iter().filter_map(|event| Passer::new(event, Rails::Both));
    watched.tell(Control::Pass(passers.collect()));
}
