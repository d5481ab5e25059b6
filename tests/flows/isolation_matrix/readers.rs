//! Readers on either rail, and what they see.

use super::places::Places;
use super::sayings::{self, Saying};
use super::wishes::{Says, Wish};
use harness::{Ask, Edge, Event, Person, Reader, Socket, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use subjects::ids::{Env, TenantId};
use subjects::routing::{Stream, StreamKey};

/// How a reader reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rail {
    /// Server-sent events: a stream for each wish.
    Sse,
    /// A WebSocket for all wishes that say the same.
    Ws,
}

/// An open stream or socket, and what it must see.
pub(crate) struct Reading<'a> {
    what: String,
    line: Line<'a>,
    /// The marks of what is still to come.
    expected: BTreeSet<String>,
    within: (TenantId, Env),
}

enum Line<'a> {
    /// Done when it stands at this place of this log.
    Sse {
        reader: Box<Reader>,
        world: &'a World,
        log: StreamKey,
        head_seq: u64,
    },
    Ws(Box<Socket>),
}

impl<'a> Reading<'a> {
    /// Opens what the wishes ask for, at an edge that follows from the first. None where all of them are refused, as they
    /// must be.
    pub(crate) async fn opens(
        world: &'a World,
        places: &Places,
        sayings: &[Saying],
        wishes: Vec<Wish>,
    ) -> Option<Reading<'a>> {
        let first = wishes.first()?;
        let what = format!("{first:?}");
        let expected: Vec<_> =
            wishes.iter().map(|wish| wish.sees(places, sayings).map_err(|code| code.as_str())).collect();
        let person = places.corner(&places.all[first.place]).actors[0].at(Edge(first.place % 2));
        let stating = |ask| stating(ask, first, places);
        let came_to = wishes.iter().find_map(|wish| wish.comes_to(places).ok());
        let (line, outcomes) = match first.rail {
            Rail::Sse => {
                let watch = places.watch(&person, first.place).with(stating);
                let watch = first.channel.iter().fold(watch, |watch, channel| watch.channels(channel.as_str()));
                match watch.opens_or_says_why().await {
                    Ok(reader) => {
                        let reader = Box::new(reader);
                        let place = came_to.expect("a place");
                        let (log, head_seq) = (places.key(&places.all[place]), sayings::head_seq(sayings, place));
                        (Some(Line::Sse { reader, world, log, head_seq }), vec![Ok(())])
                    }
                    Err(code) => (None, vec![Err(code)]),
                }
            }
            Rail::Ws => match person.dials().with(stating).tries().await {
                Ok(mut socket) => {
                    let outcomes = subscribe(&mut socket, places, &wishes).await;
                    (Some(Line::Ws(Box::new(socket))), outcomes)
                }
                Err(refused) => (None, vec![Err(refused.code.unwrap_or_default()); wishes.len()]),
            },
        };
        let must: Vec<_> =
            expected.iter().map(|marks| marks.as_ref().map(drop).map_err(|code| (*code).to_owned())).collect();
        assert_eq!(outcomes, must, "{what}");
        let expected: BTreeSet<_> = expected.into_iter().flatten().flatten().collect();
        let Person { tenant_id, env, .. } = &places.corner(&places.all[came_to?]).actors[0];
        Some(Self { what, line: line?, expected, within: (tenant_id.clone(), *env) })
    }

    /// Reads until all that it must see has come, and finds nothing else.
    pub(crate) async fn sees_its_own_and_nothing_else(mut self) {
        loop {
            let event = match &mut self.line {
                Line::Sse { reader, world, log, head_seq } => {
                    if self.expected.is_empty() && world.seq_at(&reader.cursor, log) == *head_seq {
                        return;
                    }
                    let block = reader.next_block().await.unwrap_or_else(|| panic!("{} stays open", self.what));
                    block.data.map(|data| Event { body: serde_json::from_str(&data).expect("an event") })
                }
                Line::Ws(socket) if self.expected.is_empty() => return drained(socket, &self.what).await,
                Line::Ws(socket) => Some(socket.next_event().await),
            };
            if let Some(event) = event {
                self.takes(&event);
            }
        }
    }

    fn takes(&mut self, event: &Event) {
        let mark = Saying::mark_in(&event.body.data);
        let within = (event.body.routing.tenant_id.clone(), event.body.routing.env);
        assert_eq!(within, self.within, "{}", self.what);
        assert!(self.expected.remove(&mark), "{} sees {mark}, which is not for it or was seen", self.what);
    }
}

/// What came before the answer to a ping is all that there is.
async fn drained(socket: &mut Socket, what: &str) {
    let pong = socket.sends(json!({ "type": "ping" })).await;
    let frame = socket.next_frame().await;
    assert_eq!((&frame["type"], &frame["id"]), (&json!("pong"), &json!(pong)), "{what} sees {frame}");
}

async fn subscribe(socket: &mut Socket, places: &Places, wishes: &[Wish]) -> Vec<Result<(), String>> {
    let mut outcomes = Vec::new();
    for wish in wishes {
        let answer = socket.asks(subscription(wish, places)).await;
        outcomes.push(match answer["type"].as_str() {
            Some("subscribed") => Ok(()),
            _ => Err(answer["code"].as_str().unwrap_or_default().to_owned()),
        });
    }
    outcomes
}

fn subscription(wish: &Wish, places: &Places) -> Value {
    let mut frame = match &places.all[wish.place].stream {
        Stream::Canvas(id) => json!({ "type": "subscribe", "canvas_id": id }),
        Stream::Thread(id) => json!({ "type": "subscribe", "thread_id": id }),
    };
    if let Some(channel) = wish.channel {
        frame["channels"] = json!([channel.as_str()]);
    }
    if let Says::Asks { key, .. } = wish.says {
        frame[key] = json!(wish.text(places));
    }
    frame
}

fn stating(ask: Ask, wish: &Wish, places: &Places) -> Ask {
    match wish.says {
        Says::Nothing | Says::Asks { .. } => ask,
        Says::States { header, .. } => ask.without(header).header(header, wish.text(places)),
    }
}
