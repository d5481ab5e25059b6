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
use subjects::graft::{GraftMode, Recorded};
use subjects::ids::Role;
use subjects::routing::Routing;

/// Shows the gesture to who reads the canvas, on the rails of the tenant's flag. Done when it is on its way: whether
/// anybody sees it is not known, and a newer one of its kind may take its place before it goes out. A graft that is open
/// on the canvas records it, and shows it to nobody if that is its mode.
pub async fn send(state: &AppState, on: &OnCanvas, pass: &Pass, ask: GestureAsk) -> Result<(), ApiError> {
    member::needs(pass.role(), Role::Member)?;
    let gesture = checked(ask)?;
    let flags = state.flags.effective(&on.member.tenant_id, on.member.env).await?;
    let graft = on.entry.graft.as_ref();
    let rails = rails(flags.gesture_fanout, graft.map(|graft| graft.mode))?;
    state.rates.take(&on.member.tenant_id, Class::Gestures).await?;
    passing::connected(&state.bus)?;
    let event = event(on, &gesture)?;
    if graft.is_some_and(|graft| graft.recorded != Recorded::None) {
        state.recorder.put(&on.stream, event.clone());
    }
    let Some(rails) = rails else {
        return Ok(());
    };
    let hand = Hand {
        rails,
        actor: on.member.actor(),
        session_id: on.member.keys.session_id.clone(),
        kind: gesture.gesture_kind,
    };
    state.gestures.put(&on.stream, hand, event)
}

/// Who is shown gestures; none where it is nobody, because a graft is seen afterwards only. Then there is nothing to be
/// switched off either.
fn rails(fanout: GestureFanout, graft: Option<GraftMode>) -> Result<Option<Rails>, ApiError> {
    match (graft, fanout) {
        (Some(GraftMode::Auto), _) => Ok(None),
        (Some(GraftMode::Live) | None, GestureFanout::Off) => Err(off()),
        (Some(GraftMode::Live) | None, GestureFanout::Ws) => Ok(Some(Rails::Ws)),
        (Some(GraftMode::Live) | None, GestureFanout::WsSse) => Ok(Some(Rails::Both)),
    }
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

    #[test]
    fn a_graft_that_is_seen_afterwards_shows_no_gesture() {
        let check = |graft, fanout, expected: Result<Option<Rails>, Code>| {
            assert_eq!(rails(fanout, graft).map_err(|error| error.code()), expected, "{graft:?} {fanout:?}");
        };
        for graft in [None, Some(GraftMode::Live)] {
            check(graft, GestureFanout::Off, Err(Code::RailDisabled));
            check(graft, GestureFanout::Ws, Ok(Some(Rails::Ws)));
            check(graft, GestureFanout::WsSse, Ok(Some(Rails::Both)));
        }
        for fanout in [GestureFanout::Off, GestureFanout::Ws, GestureFanout::WsSse] {
            check(Some(GraftMode::Auto), fanout, Ok(None));
        }
    }
}
