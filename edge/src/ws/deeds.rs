//! What is done for each frame of a client. Nothing here knows how it came or how it is answered.

use super::subscribing::Subscribing;
use crate::access::{self, Pass, Rail};
use crate::chat::{self, PublishAsk};
use crate::context::{Member, OnCanvas, OnThread, RequestId};
use crate::error::ApiError;
use crate::gesture::{self, GestureAsk};
use crate::http::body;
use crate::limits::Class;
use crate::presence::Stays;
use crate::readers::channels::Channels;
use crate::readers::reader::Welcome;
use crate::readers::view::{Filter, View};
use crate::refusals::Note;
use crate::state::AppState;
use serde_json::{Map, Value};
use std::sync::Arc;
use subjects::event::Channel;
use subjects::frames::{Ask, Presence, Publish, Subscribe, named};
use subjects::ids::{CanvasId, ThreadId};
use subjects::routing::{Stream, StreamKey};

/// Who asks on a connection, and what for it is done with. Clones are for the frames.
#[derive(Debug, Clone)]
pub(super) struct Hands {
    /// What everything can reach.
    pub(super) state: Arc<AppState>,
    /// As who the connection was opened.
    pub(super) member: Member,
    /// What lets it stay, and what its bearer may do now.
    pub(super) pass: Arc<Pass>,
    /// Where it is present.
    pub(super) stays: Arc<Stays>,
}

/// What comes of a frame. What concerns the connection itself is done by its session.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is done.
    Ack(Map<String, Value>),
    /// Somebody is there.
    Pong,
    /// Events are to follow.
    Subscribe(Box<Subscribing>),
    /// None are.
    Unsubscribe(Stream),
}

/// Where a frame is about: those of one place are done in order.
pub(super) fn place(ask: &Ask) -> Option<Stream> {
    match ask {
        Ask::Subscribe(ask) => named(ask.canvas_id.clone(), ask.thread_id.clone()),
        Ask::Unsubscribe(ask) => named(ask.canvas_id.clone(), ask.thread_id.clone()),
        Ask::Presence(ask) => named(ask.canvas_id.clone(), ask.thread_id.clone()),
        Ask::Publish(ask) => Some(Stream::Thread(ask.thread_id.clone())),
        Ask::Gesture(ask) => Some(Stream::Canvas(ask.canvas_id.clone())),
        Ask::Auth(_) | Ask::Ping => None,
    }
}

impl Hands {
    /// Does what the frame of this name asks for. What is refused is noted.
    pub(super) async fn work(&self, id: String, ask: Ask) -> Result<Outcome, ApiError> {
        let (word, place) = (word(&ask), place(&ask));
        self.do_it(id, ask).await.inspect_err(|error| {
            if error.is_refusal() {
                let resource = place.map_or_else(|| "ws".to_owned(), |stream| stream.to_string());
                self.state.refusals.note(Note::of(&self.now(), format!("WS {word}"), resource, error));
            }
        })
    }

    async fn do_it(&self, id: String, ask: Ask) -> Result<Outcome, ApiError> {
        match ask {
            Ask::Subscribe(ask) => self.subscribe(id, ask).await,
            Ask::Unsubscribe(ask) => stream(ask.canvas_id, ask.thread_id).map(Outcome::Unsubscribe),
            Ask::Publish(ask) => self.publish(ask).await,
            Ask::Gesture(ask) => self.gesture(ask).await.map(|()| done()),
            Ask::Presence(ask) => self.be_seen(ask).await.map(|()| done()),
            Ask::Auth(ask) => access::renew(&self.state, &self.pass, &ask.token).await.map(|()| done()),
            Ask::Ping => Ok(Outcome::Pong),
        }
    }

    async fn subscribe(&self, id: String, ask: Subscribe) -> Result<Outcome, ApiError> {
        let stream = stream(ask.canvas_id, ask.thread_id)?;
        let (member, key) = self.on(stream.clone()).await?;
        let channels = match &ask.channels {
            None => Channels::default_of(&stream),
            Some(words) => Channels::parse(words.iter().map(String::as_str), &stream, Rail::Ws)
                .map_err(|unknown| body::invalid(format!("{unknown}."), "channels"))?,
        };
        let stated = Filter::stated(&member.keys);
        let filter = Filter {
            projection_id: ask.projection_id.or(stated.projection_id),
            panel_id: ask.panel_id.or(stated.panel_id),
            actor_id: ask.actor_id,
        };
        let view = View::of(Rail::Ws, channels).only(filter);
        let permit = self.state.subscriptions.admit(&member.tenant_id)?;
        let asked = self.state.readers.asked(&key, None, ask.cursor.as_deref());
        let boarding = self.state.readers.place(&key, asked, view).await?;
        let welcome = channels.see(Some(Channel::Presence)).then(|| {
            let attendance = self.state.presence.attend(&key);
            Welcome(Box::new(move || attendance.here()))
        });
        Ok(Outcome::Subscribe(Box::new(Subscribing { id, stream, boarding, permit, welcome })))
    }

    async fn gesture(&self, ask: GestureAsk) -> Result<(), ApiError> {
        let on = OnCanvas::find(&self.state, self.at_canvas(ask.canvas_id.clone())).await?;
        gesture::send(&self.state, &on, &self.pass, ask).await
    }

    /// To leave is always allowed.
    async fn be_seen(&self, ask: Presence) -> Result<(), ApiError> {
        let (member, key) = self.on(stream(ask.canvas_id, ask.thread_id)?).await?;
        if ask.state.is_some() {
            self.state.rates.take(&member.tenant_id, Class::Gestures).await?;
        }
        self.stays.set(&key, &member, ask.state)
    }

    async fn publish(&self, ask: Publish) -> Result<Outcome, ApiError> {
        let Publish { thread_id, event, data, idempotency_key } = ask;
        let on = OnThread::find(&self.state, self.at_thread(thread_id)).await?;
        let ask = PublishAsk { event, data, idempotency_key, correlation_id: None };
        let published = chat::publish(&self.state, &on, ask).await?;
        Ok(Outcome::Ack(published.outcome()))
    }

    /// The canvas or thread is registered for the tenant and env of the connection: the member there, and its log.
    async fn on(&self, stream: Stream) -> Result<(Member, StreamKey), ApiError> {
        match stream {
            Stream::Canvas(canvas_id) => {
                let OnCanvas { member, stream, .. } = OnCanvas::find(&self.state, self.at_canvas(canvas_id)).await?;
                Ok((member, stream))
            }
            Stream::Thread(thread_id) => {
                let OnThread { member, stream, .. } = OnThread::find(&self.state, self.at_thread(thread_id)).await?;
                Ok((member, stream))
            }
        }
    }

    fn at_canvas(&self, canvas_id: CanvasId) -> Member {
        let mut member = self.now();
        (member.keys.canvas_id, member.keys.thread_id) = (Some(canvas_id), None);
        member
    }

    fn at_thread(&self, thread_id: ThreadId) -> Member {
        let mut member = self.now();
        (member.keys.canvas_id, member.keys.thread_id) = (None, Some(thread_id));
        member
    }

    /// The member with the role of now, and a name for what is asked now.
    fn now(&self) -> Member {
        Member { role: self.pass.role(), request_id: RequestId::made(), ..self.member.clone() }
    }
}

/// The frame's `type`.
const fn word(ask: &Ask) -> &'static str {
    match ask {
        Ask::Subscribe(_) => "subscribe",
        Ask::Unsubscribe(_) => "unsubscribe",
        Ask::Publish(_) => "publish",
        Ask::Gesture(_) => "gesture",
        Ask::Presence(_) => "presence",
        Ask::Auth(_) => "auth",
        Ask::Ping => "ping",
    }
}

fn done() -> Outcome {
    Outcome::Ack(Map::new())
}

fn stream(canvas_id: Option<CanvasId>, thread_id: Option<ThreadId>) -> Result<Stream, ApiError> {
    named(canvas_id, thread_id)
        .ok_or_else(|| body::invalid("Name a canvas_id or a thread_id, and not both.".into(), "."))
}
