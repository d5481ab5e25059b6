//! What a client wants to say, in its form. Pure.

use crate::chat::PublishAsk;
use crate::command::body::{check_key, fingerprint};
use crate::error::ApiError;
use crate::http::body::invalid;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use subjects::chat::{RunEnd, RunRef, TokenChunk, Turn};
use subjects::code::Code;
use subjects::event::EventType;
use subjects::limits::EVENT_BYTES_MAX;

/// What is to be said, with all that was asked of its form.
#[derive(Debug, Clone)]
pub(super) struct Speech {
    /// What it does.
    pub(super) turn: Turn,
    /// What it is.
    pub(super) event: EventType,
    /// The run that it belongs to.
    pub(super) of: RunRef,
    /// How the run ended, for a `run_end`.
    pub(super) end: Option<RunEnd>,
    /// An object, on one line.
    pub(super) data: Box<RawValue>,
}

/// The longest word for how a run ended, in characters.
const STATUS_CHARS_MAX: usize = 64;

impl Speech {
    /// What is asked, if it has its form.
    pub(super) fn read(ask: &PublishAsk) -> Result<Self, ApiError> {
        let event = ask.event;
        let turn = Turn::of(event).ok_or_else(|| only_ours(event))?;
        ask.idempotency_key.as_deref().map_or(Ok(()), check_key)?;
        let data = compact(&ask.data)?;
        let bytes = data.get().len();
        if bytes > EVENT_BYTES_MAX {
            return Err(ApiError::new(Code::EventTooLarge, "data is larger than an event may be.").with("bytes", bytes));
        }
        let members: Map<String, Value> = part(&data)?;
        let of: RunRef = part(&data)?;
        needs(turn, &of)?;
        let mut speech = Self { turn, event, of, end: None, data };
        match turn {
            Turn::Message | Turn::RunStart | Turn::Step => {}
            Turn::Chunk => drop(part::<TokenChunk>(&speech.data)?),
            Turn::RunEnd => speech.ends(members)?,
        }
        Ok(speech)
    }

    /// SHA-256 of event and data in their canonical form, in hex: tells a repeat from something else.
    pub(super) fn fingerprint(&self) -> Result<String, ApiError> {
        #[derive(Serialize)]
        struct Printed<'a> {
            event: EventType,
            data: &'a RawValue,
        }
        let printed = serde_json::to_vec(&Printed { event: self.event, data: &self.data });
        fingerprint(&printed.map_err(ApiError::internal)?)
    }

    /// The end of a run always says how.
    fn ends(&mut self, mut members: Map<String, Value>) -> Result<(), ApiError> {
        let end: RunEnd = part(&self.data)?;
        let chars = end.status.chars().count();
        if !(1..=STATUS_CHARS_MAX).contains(&chars) || end.status.chars().any(char::is_control) {
            let detail = format!("status has 1 to {STATUS_CHARS_MAX} characters, no control characters.");
            return Err(invalid(detail, "data.status"));
        }
        members.insert("status".into(), end.status.clone().into());
        members.insert("cancelled".into(), end.cancelled.into());
        self.data = to_raw_value(&members).map_err(ApiError::internal)?;
        self.end = Some(end);
        Ok(())
    }
}

/// The same without space between its parts: an event stands on one line.
fn compact(data: &RawValue) -> Result<Box<RawValue>, ApiError> {
    let (mut in_text, mut is_escaped) = (false, false);
    let is_kept = |c: &char| {
        let was_in_text = in_text;
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => in_text = !in_text,
            _ => {}
        }
        was_in_text || !c.is_ascii_whitespace()
    };
    let compact = data.get().chars().filter(is_kept).collect();
    RawValue::from_string(compact).map_err(ApiError::internal)
}

fn part<T: DeserializeOwned>(data: &RawValue) -> Result<T, ApiError> {
    serde_json::from_str(data.get()).map_err(|error| invalid(format!("In data: {error}."), "data"))
}

fn needs(turn: Turn, of: &RunRef) -> Result<(), ApiError> {
    let missing = |key: &str| Err(invalid(format!("This event says in data to which {key} it belongs."), "data"));
    match turn {
        Turn::Message => Ok(()),
        Turn::RunStart | Turn::RunEnd | Turn::Chunk | Turn::Step if of.run_id.is_none() => missing("run_id"),
        Turn::Step if of.step_id.is_none() => missing("step_id"),
        Turn::RunStart | Turn::RunEnd | Turn::Chunk | Turn::Step => Ok(()),
    }
}

fn only_ours(event: EventType) -> ApiError {
    let said = EventType::ALL.into_iter().filter(|event| Turn::of(*event).is_some());
    let said: Vec<_> = said.map(EventType::as_str).collect();
    invalid(format!("{} is not said by clients. Say one of {}.", event.as_str(), said.join(", ")), "event")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(event: EventType, data: &str) -> PublishAsk {
        let data = RawValue::from_string(data.to_owned()).unwrap();
        PublishAsk { event, data, idempotency_key: None, correlation_id: None }
    }

    #[track_caller]
    fn check(event: EventType, data: &str, expected: Result<&str, Code>) {
        let speech = Speech::read(&ask(event, data));
        let said = speech.as_ref().map(|speech| speech.data.get()).map_err(ApiError::code);
        assert_eq!(said, expected, "{event:?} {data}");
    }

    #[test]
    fn what_is_said_has_its_form() {
        use EventType::{CanvasCommit, ChatMessage, PresenceState, RunEnd, RunStart, StepStart, TokenChunk, ToolCall};
        let invalid = Err(Code::BodyInvalid);
        check(ChatMessage, r#"{"text":"Hi"}"#, Ok(r#"{"text":"Hi"}"#));
        check(ToolCall, r#"{"run_id":"r","args":{}}"#, Ok(r#"{"run_id":"r","args":{}}"#));
        check(ChatMessage, "{\n \"a\\\\\" : \"\\\" \\n\",\r\t\"b\": [ ] }", Ok(r#"{"a\\":"\" \n","b":[]}"#));
        check(ChatMessage, r#"{"run_id":"a b"}"#, invalid);
        check(ChatMessage, r#""Hi""#, invalid);
        check(ChatMessage, "null", invalid);
        check(RunStart, r#"{"run_id":"r"}"#, Ok(r#"{"run_id":"r"}"#));
        check(RunStart, "{}", invalid);
        check(StepStart, r#"{"run_id":"r"}"#, invalid);
        check(StepStart, r#"{"run_id":"r","step_id":"s"}"#, Ok(r#"{"run_id":"r","step_id":"s"}"#));
        check(TokenChunk, r#"{"run_id":"r","index":0,"text":"H"}"#, Ok(r#"{"run_id":"r","index":0,"text":"H"}"#));
        check(TokenChunk, r#"{"run_id":"r","text":"H"}"#, invalid);
        check(RunEnd, r#"{"run_id":"r"}"#, Ok(r#"{"cancelled":false,"run_id":"r","status":"completed"}"#));
        check(RunEnd, r#"{"run_id":"r","status":""}"#, invalid);
        check(CanvasCommit, "{}", invalid);
        check(PresenceState, "{}", invalid);
        let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(EVENT_BYTES_MAX));
        check(ChatMessage, &large, Err(Code::EventTooLarge));
    }

    #[test]
    fn a_fingerprint_is_of_event_and_data() {
        let of = |event, data| Speech::read(&ask(event, data)).unwrap().fingerprint().unwrap();
        let text = of(EventType::ChatMessage, r#"{"a":1,"b":2}"#);
        assert_eq!(text, of(EventType::ChatMessage, r#"{ "b": 2, "a": 1.0 }"#));
        assert_ne!(text, of(EventType::AgentMessage, r#"{"a":1,"b":2}"#));
        assert_ne!(text, of(EventType::ChatMessage, r#"{"a":1,"b":3}"#));
    }
}
