//! What is said: in every channel of every place, by each actor, in each projection and panel.

use super::places::{Place, Places, VALUES, is_canvas, is_thread};
use harness::ops::add;
use harness::{Ask, Person, Socket, draft};
use serde_json::{Value, json};
use subjects::event::Channel;
use subjects::routing::Stream;

/// Something that is said once.
#[derive(Debug, Clone)]
pub(crate) struct Saying {
    /// Where, by its number.
    pub(crate) place: usize,
    /// In which channel.
    pub(crate) channel: Channel,
    /// The values of the keys that events carry, a bit each.
    keys: usize,
}

/// What the bits of a saying's keys stand for.
const CARRIED: [&str; 3] = ["projection_id", "panel_id", "actor_id"];
/// How many values all of them together have.
const KEYS: usize = 1 << CARRIED.len();

/// All that is said.
pub(crate) fn all(places: &Places) -> Vec<Saying> {
    let mut all = Vec::new();
    for (place, Place { stream, .. }) in places.all.iter().enumerate() {
        for channel in Channel::ALL.into_iter().filter(|channel| is_said_at(*channel, stream)) {
            all.extend((0..KEYS).map(|keys| Saying { place, channel, keys }));
        }
    }
    all
}

/// The last number of a place's log when all is said.
pub(crate) fn head_seq(sayings: &[Saying], place: usize) -> u64 {
    let is_truth = |saying: &&Saying| matches!(saying.channel, Channel::Commits | Channel::Messages);
    sayings.iter().filter(|saying| saying.place == place).filter(is_truth).count() as u64
}

fn is_said_at(channel: Channel, stream: &Stream) -> bool {
    match channel {
        Channel::Commits | Channel::Gestures => is_canvas(stream),
        Channel::Messages | Channel::Runs => is_thread(stream),
        Channel::Presence => true,
        // What they tell is not ours to choose: `artifacts` tells of them.
        Channel::Artifacts => false,
    }
}

impl Saying {
    /// Tells it from all others. Stands in what is said.
    pub(crate) fn mark(&self) -> String {
        let Self { place, channel, keys } = self;
        format!("mark-{place}-{}-{keys}", channel.as_str())
    }

    /// The mark of what an event says.
    pub(crate) fn mark_in(data: &Value) -> String {
        let text = data.to_string();
        let start = text.find("mark-").unwrap_or_else(|| panic!("nobody said {text}"));
        text[start..].chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect()
    }

    /// The value of a key that events carry.
    pub(crate) fn value(&self, key: &str) -> usize {
        let bit = CARRIED.iter().position(|carried| *carried == key);
        self.keys >> bit.unwrap_or_else(|| panic!("events are not filtered by {key}")) & 1
    }

    /// With the keys that are not the token's; each has a session of its own.
    fn state(&self, ask: Ask) -> Ask {
        let ask = ask.header("x-session-id", format!("s{}", self.keys));
        let value = |key| VALUES[self.value(key)];
        ask.header("x-projection-id", value("projection_id")).header("x-panel-id", value("panel_id"))
    }

    fn speaker<'a>(&self, places: &'a Places) -> &'a Person {
        &places.corner(&places.all[self.place]).actors[self.value("actor_id")]
    }
}

/// Says all of it that is to be said at a place, one after the other. Gives the sockets of those who are present.
pub(crate) async fn say_all(places: &Places, sayings: impl Iterator<Item = &Saying>) -> Vec<Socket> {
    let (mut rev, mut present) = (0, Vec::new());
    for saying in sayings {
        let (person, mark) = (saying.speaker(places), saying.mark());
        match saying.channel {
            Channel::Commits => {
                let canvas = person.knows_canvas(VALUES[places.all[saying.place].value]);
                let ask = canvas.asks_for(&draft(rev, [add(&mark)]));
                rev += 1;
                saying.state(ask).sends().await.is_rev(rev);
            }
            Channel::Messages => {
                tell(saying, places, json!({ "event": "chat_message", "data": { "text": mark } })).await
            }
            Channel::Runs => tell(saying, places, json!({ "event": "run_start", "data": { "run_id": mark } })).await,
            Channel::Gestures => {
                let payload = json!({ "atom_id": mark });
                let frame = json!({ "type": "gesture", "gesture_kind": "caret", "payload": payload });
                show(saying, places, frame).await;
            }
            Channel::Presence => {
                let frame = json!({ "type": "presence", "state": { "selected": [mark] } });
                present.push(show(saying, places, frame).await);
            }
            Channel::Artifacts => panic!("nobody says these here"),
        }
    }
    present
}

/// Sends a frame about the place over a socket of its own.
async fn show(saying: &Saying, places: &Places, mut frame: Value) -> Socket {
    let dial = saying.speaker(places).dials();
    let mut socket = dial.with(|ask| saying.state(ask)).opens().await;
    match &places.all[saying.place].stream {
        Stream::Canvas(id) => frame["canvas_id"] = json!(id),
        Stream::Thread(id) => frame["thread_id"] = json!(id),
    }
    let answer = socket.asks(frame).await;
    assert_eq!(answer["type"], "ack", "{answer}");
    socket
}

async fn tell(saying: &Saying, places: &Places, body: Value) {
    let thread = saying.speaker(places).knows_thread(VALUES[places.all[saying.place].value]);
    let reply = saying.state(thread.asks_to_say(&body)).sends().await;
    assert!([200, 201, 202].contains(&reply.status), "{} {}", reply.status, reply.text());
}
