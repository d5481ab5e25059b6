//! The role `graft`: sessions on canvases are recorded, and become replays. All that a session is stands in the database or on the
//! bus: a worker that dies takes nothing along.

mod finish;
mod keep;
mod material;
mod replay;
mod sample;
mod walkthrough;

pub(crate) use keep::keep;

use crate::cause::{Cause, Deed};
use crate::history::Loader;
use crate::refused;
use crate::runtime::gestures::Gestures;
use crate::runtime::worker::{Delivery, Done, Failure, Logged, Notice, Worker};
use crate::store::Client;
use crate::store::Place;
use crate::store::append::{self, Entries, NO_COMMITS, Opened};
use crate::store::dataset_events;
use crate::store::grafts::{self, End, NewSession, Session, State, Stop};
use chrono::Utc;
use serde_json::json;
use subjects::answer::{Answer, Rejection};
use subjects::artifact::id_made_by;
use subjects::code::Code;
use subjects::graft::{GraftAsk, GraftGrant, GraftMode, Recorded};
use subjects::ids::{CanvasId, GraftId, ObjectId};
use subjects::member_command::MemberCommand;
use subjects::routing::StreamKey;
use subjects::streams::{ConsumerSpec, graft_consumers};
use subjects::subject::Subject;
use subjects::trace::TraceParent;
use uuid::Uuid;

/// Records sessions. Clones share what they work with.
#[derive(Clone)]
pub(crate) struct Graft {
    loader: Loader,
    gestures: Gestures,
}

/// What came of something, durably, and what is to be sent because of it.
struct Outcome {
    granted: Result<GraftGrant, Rejection>,
    events: Vec<Logged>,
    events_again: Vec<Logged>,
    /// Whether edges must look at the canvas's session again.
    is_change: bool,
}

impl Outcome {
    fn granted(grant: GraftGrant) -> Self {
        Self { granted: Ok(grant), events: Vec::new(), events_again: Vec::new(), is_change: true }
    }

    fn refused(code: Code, detail: &str) -> Self {
        let granted = Err(Rejection::refused(code, detail));
        Self { granted, events: Vec::new(), events_again: Vec::new(), is_change: false }
    }
}

impl Graft {
    /// Over this history, with the gestures that wait there.
    pub(crate) fn new(loader: Loader, gestures: Gestures) -> Self {
        Self { loader, gestures }
    }

    async fn start(
        &self,
        command: &MemberCommand<GraftAsk>,
        (key, trace): (&StreamKey, TraceParent),
        (session_id, canvas_id): (&GraftId, &CanvasId),
        (mode, recorded): (GraftMode, Recorded),
    ) -> Result<Outcome, Failure> {
        let place = Place::of(key);
        let gestures_after = self.gestures.last(key).await?;
        let Opened { append, head, .. } = append::open(&self.loader.pool, key, &trace, &[], NO_COMMITS).await?;
        let Some(head) = head else {
            append.abandon().await?;
            return Ok(Outcome::refused(Code::NotFound, "There is no such canvas."));
        };
        // It may have been begun by an earlier delivery, and even have ended since.
        let before = match grafts::find(&append, place, session_id).await? {
            Some(before) => Some(before),
            None => grafts::unfinished(&append, place, canvas_id).await?,
        };
        if let Some(before) = before {
            append.abandon().await?;
            let detail = format!("The session {} is not over yet.", before.session_id);
            let is_same = before.command_id == command.command_id;
            let granted = Outcome::granted(GraftGrant::Started);
            return Ok(if is_same { granted } else { Outcome::refused(Code::AlreadyExists, &detail) });
        }
        let (at, actor, command_id) = (Utc::now(), &command.actor, command.command_id);
        let start_rev = head.rev;
        let new =
            NewSession { session_id, canvas_id, mode, recorded, start_rev, gestures_after, at, command_id, actor };
        grafts::begin(&append, place, new).await?;
        record_start(&append, place, command, &trace).await?;
        append.commit(&Entries::default()).await?;
        Ok(Outcome::granted(GraftGrant::Started))
    }

    /// Ends the session, and makes its replay. Asked again, it says the same.
    async fn stop(
        &self,
        (key, trace): (&StreamKey, TraceParent),
        session_id: &GraftId,
        stop: Stop,
        is_redelivered: bool,
    ) -> Result<Outcome, Failure> {
        match self.end((key, trace), session_id, stop).await? {
            Some(session) => self.finish((key, trace), session, is_redelivered).await,
            None => Ok(Outcome::refused(Code::NotFound, "There is no such session on this canvas.")),
        }
    }

    /// The session as it ended, now or before.
    async fn end(
        &self,
        (key, trace): (&StreamKey, TraceParent),
        session_id: &GraftId,
        stop: Stop,
    ) -> Result<Option<Session>, Failure> {
        let place = Place::of(key);
        let Opened { append, head, .. } = append::open(&self.loader.pool, key, &trace, &[], NO_COMMITS).await?;
        let session = grafts::find(&append, place, session_id).await?;
        let is_here =
            |session: &Session| StreamKey::canvas(key.tenant_id.clone(), key.env, session.canvas_id.clone()) == *key;
        let (Some(head), Some(mut session)) = (head, session.filter(is_here)) else {
            append.abandon().await?;
            return Ok(None);
        };
        if session.state != State::Open {
            append.abandon().await?;
            return Ok(Some(session));
        }
        let end = End { rev: head.rev, at: Utc::now(), stop };
        grafts::end(&append, place, session_id, &end).await?;
        append.commit(&Entries::default()).await?;
        self.gestures.changed(key).await;
        session.end = Some(end);
        session.state = State::Stopping;
        Ok(Some(session))
    }
}

impl Worker for Graft {
    const ROLE: &'static str = "graft";
    const ATTEMPTS_MAX: u64 = 10;
    type Command = MemberCommand<GraftAsk>;
    type Granted = GraftGrant;

    fn consumers() -> Vec<ConsumerSpec> {
        graft_consumers()
    }

    async fn handle(&self, delivery: Delivery<'_, Self::Command>) -> Result<Done<GraftGrant>, Failure> {
        let mut done = Done::answers(Vec::new());
        for command in delivery.commands {
            let (GraftAsk::Start { canvas_id, .. } | GraftAsk::Stop { canvas_id, .. }) = &command.ask;
            let key = StreamKey::canvas(command.tenant_id.clone(), command.env, canvas_id.clone());
            let at = (&key, delivery.trace);
            let outcome = match &command.ask {
                GraftAsk::Start { session_id, canvas_id, mode, recorded } => {
                    self.start(command, at, (session_id, canvas_id), (*mode, *recorded)).await?
                }
                GraftAsk::Stop { session_id, .. } => {
                    self.stop(at, session_id, asked(command), delivery.is_redelivered).await?
                }
            };
            let Outcome { granted, events, events_again, is_change } = outcome;
            if let Err(rejection) = &granted {
                let action = format!("graft.{}", command.ask.kind());
                let what = (action.as_str(), &*key.stream.to_string());
                refused::record(&self.loader.pool, command, &delivery.trace, what, rejection).await?;
            }
            done.answers.push(Answer { outcome: granted, replayed: false });
            done.events.extend(events);
            done.events_again.extend(events_again);
            done.notices.extend(is_change.then(|| changed(&key)));
        }
        Ok(done)
    }
}

async fn record_start(
    client: &Client,
    place: Place<'_>,
    command: &MemberCommand<GraftAsk>,
    trace: &TraceParent,
) -> Result<(), Failure> {
    let GraftAsk::Start { session_id, .. } = &command.ask else { return Ok(()) };
    let deed = Deed {
        action: "graft.start",
        resource: &format!("graft.{session_id}"),
        outcome: dataset_events::DONE,
        details: &json!(command.ask),
    };
    dataset_events::record(client, place, Cause::of(command, trace).audited(Uuid::now_v7(), deed)).await
}

/// Edges ask the registry again, which tells them of the session.
fn changed(key: &StreamKey) -> Notice {
    Notice::bare(Subject::RegistryChanged(key.clone()))
}

fn asked(command: &MemberCommand<GraftAsk>) -> Stop {
    Stop {
        command_id: command.command_id,
        actor: command.actor.clone(),
        routing: command.routing.clone(),
        request_id: command.request_id.clone(),
        correlation_id: command.correlation_id,
    }
}

/// The artifacts that a stop makes.
fn made_by(stop: &Stop) -> [ObjectId; 3] {
    finish::PRODUCTS.map(|product| id_made_by(stop.command_id, product.kind.as_str()))
}
