//! `POST /canvas/{canvas_id}/graft`: beginning a graft.

use super::unexpected;
use crate::context::OnCanvas;
use crate::error::{ApiError, ProblemBody};
use crate::http::body::{self, JsonBody};
use crate::limits::{AtLimit, Class};
use crate::road::ask::{self, Question};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::flags::{Flags, GestureLog, Mode};
use subjects::graft::{GraftAsk, GraftGrant, GraftMode, Recorded};
use subjects::ids::{GraftId, Role};
use subjects::subject::Asked;
use uuid::Uuid;

/// A graft to be begun.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GraftBody {
    /// How others see it: `live`, as it happens; `auto`, as a replay afterwards. The flag `visibility_mode` where it is left
    /// out.
    #[schema(example = "live")]
    mode: Option<String>,
}

/// A graft that is open.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GraftStarted {
    /// Names it, to be stopped.
    #[schema(value_type = String)]
    session_id: GraftId,
    /// How others see it.
    #[schema(value_type = String, example = "live")]
    mode: GraftMode,
}

/// Begins a graft: until it is stopped, what is done on the canvas is recorded. Takes the role member. A canvas has one at a
/// time.
#[utoipa::path(post, path = "/canvas/{canvas_id}/graft", tag = "graft", security(("bearer" = [])),
    params(("canvas_id" = String, Path)), request_body = GraftBody,
    responses((status = 201, body = GraftStarted), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), AtLimit))]
pub async fn start_graft(
    State(state): State<Arc<AppState>>,
    on: OnCanvas,
    JsonBody(body): JsonBody<GraftBody>,
) -> Result<(StatusCode, Json<GraftStarted>), ApiError> {
    on.member.needs(Role::Member)?;
    let stated = body.mode.as_deref().map(mode).transpose()?;
    state.rates.take(&on.member.tenant_id, Class::Commands).await?;
    let flags = state.flags.effective(&on.member.tenant_id, on.member.env).await?;
    let (mode, recorded) = settle(stated, &flags);
    let session_id: GraftId = format!("gs_{}", Uuid::now_v7().simple()).parse()?;
    let (canvas_id, order) = (on.canvas_id.clone(), on.canvas_id.as_str());
    let ask = GraftAsk::Start { session_id: session_id.clone(), canvas_id, mode, recorded };
    let question = Question { of: Asked::Graft, kind: ask.kind(), order, correlation_id: None };
    match ask::by_member(&state, &on.member, question, ask).await? {
        GraftGrant::Started => {}
        other @ GraftGrant::Stopped { .. } => return Err(unexpected(&other)),
    }
    // Its notice may come here later than the answer, and the next gesture sooner.
    state.registry.forget(&on.stream).await;
    Ok((StatusCode::CREATED, Json(GraftStarted { session_id, mode })))
}

fn mode(word: &str) -> Result<GraftMode, ApiError> {
    word.parse().map_err(|unknown| body::invalid(format!("At mode: {unknown}."), "mode"))
}

/// How others see the graft, and which of its gestures are recorded. Where they see it afterwards only, there is something
/// to be seen.
fn settle(stated: Option<GraftMode>, flags: &Flags) -> (GraftMode, Recorded) {
    let mode = stated.unwrap_or(match flags.visibility_mode {
        Mode::Live => GraftMode::Live,
        Mode::Auto => GraftMode::Auto,
    });
    let recorded = match (flags.replay_mode, flags.gesture_log) {
        (Mode::Auto, _) | (Mode::Live, GestureLog::None) => Recorded::None,
        (Mode::Live, GestureLog::Keyframe) => Recorded::Keyframe,
        (Mode::Live, GestureLog::All) => Recorded::All,
    };
    match (mode, recorded) {
        (GraftMode::Auto, Recorded::None) => (mode, Recorded::Keyframe),
        (GraftMode::Auto | GraftMode::Live, recorded) => (mode, recorded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use subjects::code::Code;

    #[test]
    fn flags_settle_what_is_not_said() {
        let check = |stated, (visibility_mode, replay_mode, gesture_log), expected: (GraftMode, Recorded)| {
            let flags = Flags {
                visibility_mode,
                replay_mode,
                gesture_log,
                ..Flags::resolve(&BTreeMap::default(), &BTreeMap::default())
            };
            assert_eq!(settle(stated, &flags), expected, "{stated:?} {flags:?}");
        };
        use GestureLog as Log;
        use GraftMode::{Auto, Live};
        check(None, (Mode::Live, Mode::Live, Log::Keyframe), (Live, Recorded::Keyframe));
        check(None, (Mode::Live, Mode::Live, Log::All), (Live, Recorded::All));
        check(None, (Mode::Live, Mode::Live, Log::None), (Live, Recorded::None));
        check(None, (Mode::Live, Mode::Auto, Log::All), (Live, Recorded::None));
        check(None, (Mode::Auto, Mode::Live, Log::All), (Auto, Recorded::All));
        check(None, (Mode::Auto, Mode::Live, Log::None), (Auto, Recorded::Keyframe));
        check(None, (Mode::Auto, Mode::Auto, Log::All), (Auto, Recorded::Keyframe));
        check(Some(Live), (Mode::Auto, Mode::Live, Log::None), (Live, Recorded::None));
        check(Some(Auto), (Mode::Live, Mode::Live, Log::None), (Auto, Recorded::Keyframe));
    }

    #[test]
    fn a_mode_is_one_of_two_words() {
        assert_eq!(mode("auto").unwrap(), GraftMode::Auto);
        assert_eq!(mode("Live").unwrap_err().code(), Code::BodyInvalid);
    }
}
