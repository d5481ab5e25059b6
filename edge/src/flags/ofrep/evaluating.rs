//! Whose flags an OpenFeature client asks for, and what it is told when it gets none.

use crate::context::{Caller, Member, RequestId, Stated};
use crate::error::ApiError;
use crate::flags::ofrep::body::EvaluationBody;
use crate::http::body::JsonBody;
use crate::state::AppState;
use axum::extract::{FromRequest, FromRequestParts, Request};
use std::sync::Arc;
use subjects::code::Code;
use subjects::flags::Flags;

/// The flags that hold for who asks: in the tenant that is stated, else in the one that the token begins with.
#[derive(Debug)]
pub struct Evaluating(pub Arc<Flags>);

impl FromRequest<Arc<AppState>> for Evaluating {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, state).await?;
        let stated = Stated::from_request_parts(&mut parts, state).await.map_err(told)?;
        let Ok(request_id) = RequestId::from_request_parts(&mut parts, state).await;
        let member = admit(caller, stated, request_id).map_err(told)?;
        let request = Request::from_parts(parts, body);
        let JsonBody(EvaluationBody { .. }) = JsonBody::from_request(request, state).await.map_err(told)?;
        Ok(Self(state.flags.effective(&member.tenant_id, member.env).await?))
    }
}

fn admit(caller: Caller, mut stated: Stated, request_id: RequestId) -> Result<Member, ApiError> {
    stated.tenant_id = stated.tenant_id.or_else(|| caller.claims.default_tenant_id.clone());
    Member::admit(caller, stated, request_id)
}

/// OFREP's word for a code; `GENERAL` for any other.
const WORDS: [(Code, &str); 7] = [
    (Code::NotFound, "FLAG_NOT_FOUND"),
    (Code::BodyInvalid, "PARSE_ERROR"),
    (Code::BodyTooLarge, "PARSE_ERROR"),
    (Code::MediaTypeUnsupported, "PARSE_ERROR"),
    (Code::ContextMissing, "INVALID_CONTEXT"),
    (Code::ContextMismatch, "INVALID_CONTEXT"),
    (Code::ContextInvalid, "INVALID_CONTEXT"),
];

/// A refusal with the words of OFREP in it too.
pub(super) fn told(error: ApiError) -> ApiError {
    let word = WORDS.iter().find(|(code, _)| *code == error.code()).map_or("GENERAL", |(_, word)| word);
    let details = error.detail().to_owned();
    error.with("errorCode", word).with("errorDetails", details)
}
