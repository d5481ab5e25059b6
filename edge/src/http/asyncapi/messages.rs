//! Every message of the rails, with its form.

use crate::access::Expiring;
use crate::audit::{AuditEvent, AuditOpening};
use crate::readers::notice::{Draining, Fault};
use crate::replay::{Curtain, Opening};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use subjects::action::SafetyDecision;
use subjects::artifact::ArtifactWritten;
use subjects::chat::{RunEnd, RunRef, TokenChunk};
use subjects::event::{CanvasCommit, EventType, StreamEvent};
use subjects::frames::{
    Auth, FRAME_ID_BYTES_MAX, Gesture, Presence, Publish, ServerFrame, Standing, Subscribe, Unsubscribe,
};
use subjects::gesture::CanvasGesture;
use subjects::presence::PresenceState;

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// Its name among the components.
    pub(super) name: String,
    /// Its word: the `event:` line of SSE, the `type` of a frame.
    word: String,
    payload: Value,
}

/// Every message, and the forms that they refer to.
pub(super) struct Catalogue {
    /// What is said on SSE.
    pub(super) sse: Vec<Message>,
    /// What is said on a WebSocket.
    pub(super) ws: Vec<Message>,
    /// What is said when a replay is played.
    pub(super) replay: Vec<Message>,
    /// What is said of an audit log.
    pub(super) audit: Vec<Message>,
    /// What clients say on a WebSocket.
    pub(super) client: Vec<Message>,
    schemas: Map<String, Value>,
}

const SCHEMAS: &str = "/components/schemas";

impl Catalogue {
    /// All of them, from the types.
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft07().with(|settings| settings.definitions_path = SCHEMAS.into());
        let mut forms = settings.into_generator();
        let events: Vec<_> = EventType::ALL.iter().map(|event_type| event(&mut forms, *event_type)).collect();
        let (controls, frames, client) = (controls(&mut forms), frames(&mut forms), client(&mut forms));
        let replay = replay(&mut forms, &events, &controls);
        let audit = audit(&mut forms, &controls);
        let mut schemas = forms.take_definitions(true);
        say_what_is_added(&mut schemas);
        let (sse, ws) = ([events.clone(), controls].concat(), [events, frames].concat());
        schemas.insert("FromServer".into(), one_of(&ws));
        schemas.insert("FromClient".into(), one_of(&client));
        Self { sse, ws, replay, audit, client, schemas }
    }

    /// The messages and their forms, by name.
    pub(super) fn components(&self) -> Value {
        let all = [&self.sse, &self.ws, &self.replay, &self.audit, &self.client].into_iter().flatten();
        let message =
            |message: &Message| (message.name.clone(), json!({ "name": message.word, "payload": message.payload }));
        let messages: Map<_, _> = all.map(message).collect();
        json!({ "messages": messages, "schemas": self.schemas })
    }
}

/// Exactly one of these.
fn one_of(messages: &[Message]) -> Value {
    let references: Vec<_> = messages
        .iter()
        .map(|message| json!({ "$ref": format!("#/components/messages/{}/payload", message.name) }))
        .collect();
    json!({ "oneOf": references })
}

fn form<T: JsonSchema>(forms: &mut SchemaGenerator) -> Value {
    forms.subschema_for::<T>().to_value()
}

/// A StreamEvent of this type.
fn event(forms: &mut SchemaGenerator, event_type: EventType) -> Message {
    let data = data(forms, event_type);
    let word = event_type.as_str();
    let own = json!({ "properties": { "type": { "const": word }, "data": data } });
    let payload = json!({ "allOf": [form::<StreamEvent<Value>>(forms), own] });
    Message { name: word.into(), word: word.into(), payload }
}

/// The form of an event's `data`. What people and agents say is theirs.
fn data(forms: &mut SchemaGenerator, event_type: EventType) -> Value {
    match event_type {
        EventType::CanvasCommit => form::<CanvasCommit>(forms),
        EventType::CanvasGesture => form::<CanvasGesture>(forms),
        EventType::PresenceState => form::<PresenceState>(forms),
        EventType::ArtifactWritten => form::<ArtifactWritten>(forms),
        EventType::TokenChunk => form::<TokenChunk>(forms),
        EventType::RunStart | EventType::StepStart | EventType::StepEnd => form::<RunRef>(forms),
        EventType::RunEnd => form::<RunEnd>(forms),
        EventType::SafetyDecision => form::<SafetyDecision>(forms),
        EventType::ChatMessage
        | EventType::AgentMessage
        | EventType::ToolCall
        | EventType::ToolResult
        | EventType::FlagsChanged
        | EventType::Error => json!({ "type": "object" }),
    }
}

/// What SSE says beside StreamEvents: plain objects, named on the `event:` line.
fn controls(forms: &mut SchemaGenerator) -> Vec<Message> {
    let control = |word: &str, payload| Message { name: format!("sse_{word}"), word: word.into(), payload };
    vec![
        control("hello", form::<Standing>(forms)),
        control("reset", form::<Standing>(forms)),
        control("auth_expiring", form::<Expiring>(forms)),
        control("draining", form::<Draining>(forms)),
        control("error", form::<Fault>(forms)),
    ]
}

/// What is said when a replay is played: events of the past between a `hello` and an `end` of their own, and what SSE says
/// of any stream.
fn replay(forms: &mut SchemaGenerator, events: &[Message], controls: &[Message]) -> Vec<Message> {
    let played = [EventType::CanvasCommit, EventType::CanvasGesture].map(EventType::as_str);
    let events = events.iter().filter(|event| played.contains(&event.word.as_str()));
    let own = |word: &str, payload| Message { name: format!("sse_replay_{word}"), word: word.into(), payload };
    let own = [own("hello", form::<Opening>(forms)), own("end", form::<Curtain>(forms))];
    events.chain(shared(controls)).cloned().chain(own).collect()
}

/// What is said of an audit log: its events behind a `hello` of their own, and what SSE says of any stream.
fn audit(forms: &mut SchemaGenerator, controls: &[Message]) -> Vec<Message> {
    let own = |name: &str, word: &str, payload| Message { name: name.into(), word: word.into(), payload };
    let hello = own("sse_audit_hello", "hello", form::<AuditOpening>(forms));
    let event = own("audit_event", "audit_event", form::<AuditEvent>(forms));
    shared(controls).cloned().chain([hello, event]).collect()
}

/// What SSE says of any stream.
fn shared(controls: &[Message]) -> impl Iterator<Item = &Message> {
    const SHARED: [&str; 3] = ["auth_expiring", "draining", "error"];
    controls.iter().filter(|control| SHARED.contains(&control.word.as_str()))
}

/// What the server says on a WebSocket beside StreamEvents, one message for each `type`.
fn frames(forms: &mut SchemaGenerator) -> Vec<Message> {
    let whole = ServerFrame::json_schema(forms).to_value();
    let forms = whole["oneOf"].as_array().cloned().unwrap_or_default();
    let message = |form: Value| {
        let word = form["properties"]["type"]["const"].as_str().unwrap_or_default().to_owned();
        let unlike_events = json!({ "not": { "required": ["v"] } });
        Message { name: format!("ws_{word}"), word, payload: json!({ "allOf": [form, unlike_events] }) }
    };
    forms.into_iter().map(message).collect()
}

/// What clients say: each frame has a name and a type beside its own fields.
fn client(forms: &mut SchemaGenerator) -> Vec<Message> {
    let asks = [
        ("subscribe", form::<Subscribe>(forms)),
        ("unsubscribe", form::<Unsubscribe>(forms)),
        ("publish", form::<Publish>(forms)),
        ("gesture", form::<Gesture>(forms)),
        ("presence", form::<Presence>(forms)),
        ("auth", form::<Auth>(forms)),
        ("ping", json!({ "type": "object" })),
    ];
    let message = |(word, ask): (&str, Value)| {
        let id = json!({ "type": "string", "minLength": 1, "maxLength": FRAME_ID_BYTES_MAX });
        let own = json!({ "properties": { "id": id, "type": { "const": word } }, "required": ["id", "type"] });
        Message { name: format!("client_{word}"), word: word.into(), payload: json!({ "allOf": [ask, own] }) }
    };
    asks.into_iter().map(message).collect()
}

/// What readers add to events on their way out.
fn say_what_is_added(schemas: &mut Map<String, Value>) {
    let dropped = json!({
        "type": "integer", "minimum": 1,
        "description": "How many events that pass were dropped before this one, for this reader."
    });
    let until = json!({
        "type": "integer", "minimum": 0,
        "description": "Where pieces were joined, for a reader who could not take each: the last of them."
    });
    for (form, name, added) in [("Meta", "dropped", dropped), ("TokenChunk", "until", until)] {
        if let Some(properties) = schemas.get_mut(form).and_then(|form| form["properties"].as_object_mut()) {
            properties.insert(name.into(), added);
        }
    }
}
