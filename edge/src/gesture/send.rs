//! Sending a gesture: checked, counted, and shown to who reads its canvas. It changes nothing.

use super::GestureAsk;
use super::outbox::{Hand, Rails};
use crate::access::Pass;
use crate::context::{OnCanvas, member};
use crate::error::ApiError;
use crate::http::body;
use crate::limits::Class;
use crate::passing;
use crate::state::AppState;
use serde_json::value::to_raw_value;
use subjects::code::Code;
use subjects::event::{EventIds, EventType, RawEvent};
use subjects::flags::GestureFanout;
use subjects::gesture::{CanvasGesture, GestureKind, PAYLOAD_BYTES_MAX};
use subjects::ids::Role;
use subjects::routing::Routing;

/// Shows the gesture to who reads the canvas, on the rails of the tenant's flag. Done when it is on its way: whether
/// anybody sees it is not known, and a newer one of its kind may take its place before it goes out.
pub async fn send(state: &AppState, on: &OnCanvas, pass: &Pass, ask: GestureAsk) -> Result<(), ApiError> {
    member::needs(pass.role(), Role::Member)?;
    let gesture = checked(ask)?;
    let flags = state.flags.effective(&on.member.tenant_id, on.member.env).await?;
    let rails = match flags.gesture_fanout {
        GestureFanout::Off => return Err(off()),
        GestureFanout::Ws => Rails::Ws,
        GestureFanout::WsSse => Rails::Both,
    };
    state.rates.take(&on.member.tenant_id, Class::Gestures).await?;
    passing::connected(&state.bus)?;
    let hand = Hand {
        rails,
        actor: on.member.actor(),
        session_id: on.member.keys.session_id.clone(),
        kind: gesture.gesture_kind,
    };
    state.gestures.put(&on.stream, hand, event(on, &gesture)?)
}

/// The gesture, of a known kind and of bounded size.
fn checked(ask: GestureAsk) -> Result<CanvasGesture, ApiError> {
    let GestureAsk { gesture_kind, payload, .. } = ask;
    let gesture_kind = GestureKind::named(&gesture_kind).ok_or_else(|| {
        let kinds = GestureKind::ALL.map(GestureKind::as_str).join(", ");
        body::invalid(format!("At gesture_kind: it is one of {kinds}."), "gesture_kind")
    })?;
    if !payload.get().starts_with('{') {
        return Err(body::invalid("At payload: it is an object.".into(), "payload"));
    }
    if payload.get().len() > PAYLOAD_BYTES_MAX {
        let detail = format!("At payload: it may have {PAYLOAD_BYTES_MAX} bytes.");
        return Err(ApiError::new(Code::BodyTooLarge, detail)
            .with("at", "payload")
            .with("bytes_max", PAYLOAD_BYTES_MAX));
    }
    Ok(CanvasGesture { gesture_kind, payload })
}

fn off() -> ApiError {
    ApiError::new(Code::RailDisabled, "Live gestures are switched off: the flag gesture_fanout says so.")
}

fn event(on: &OnCanvas, gesture: &CanvasGesture) -> Result<RawEvent, ApiError> {
    let member = &on.member;
    let data = to_raw_value(gesture).map_err(ApiError::internal)?;
    let routing = Routing { tenant_id: member.tenant_id.clone(), env: member.env, keys: member.keys.clone() };
    let ids = EventIds { request_id: Some(member.request_id.to_string()), ..EventIds::default() };
    Ok(passing::event(EventType::CanvasGesture, routing, ids, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: &str, payload: &str, expected: Result<GestureKind, Code>) {
        let ask = GestureAsk {
            canvas_id: "c".parse().unwrap(),
            gesture_kind: kind.into(),
            payload: serde_json::from_str(payload).unwrap(),
        };
        let outcome = checked(ask).map(|gesture| gesture.gesture_kind).map_err(|error| error.code());
        assert_eq!(outcome, expected, "{kind} {payload:.40}");
    }

    #[test]
    fn a_gesture_is_of_a_known_kind_and_a_bounded_size() {
        for kind in GestureKind::ALL {
            check(kind.as_str(), r#"{"x":1}"#, Ok(kind));
        }
        check("wave", "{}", Err(Code::BodyInvalid));
        check("", "{}", Err(Code::BodyInvalid));
        for payload in ["null", "[]", "1", "\"x\""] {
            check("drag", payload, Err(Code::BodyInvalid));
        }
        let of_length = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
        check("drag", &of_length(PAYLOAD_BYTES_MAX), Ok(GestureKind::Drag));
        check("drag", &of_length(PAYLOAD_BYTES_MAX + 1), Err(Code::BodyTooLarge));
    }
}
