//! What HTTP says when it cannot give what was asked for: RFC 9457, with a stable code. The only place with status
//! codes of errors.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;
use subjects::code::Code;
use subjects::frames::ServerFrame;
use subjects::ids::InvalidId;

/// A refusal or a fault, as a client gets it. The body is completed with the request's id on the way out, by
/// [`complete`].
#[derive(Debug, Clone)]
pub struct ApiError(Arc<Problem>);

#[derive(Debug, Clone)]
struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether a worker refused it, and put that down itself.
    is_audited: bool,
}

/// The body of every error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody<'a> {
    /// Where the code is explained.
    #[serde(rename = "type")]
    #[schema(example = "/problems/REV_MISMATCH")]
    type_uri: String,
    /// The code in words.
    #[schema(value_type = String)]
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, and what to do.
    #[schema(value_type = String)]
    detail: &'a str,
    /// A stable word that programs may rely on.
    #[schema(value_type = String, example = "REV_MISMATCH")]
    code: Code,
    /// The request's id, also in `X-Request-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String)]
    request_id: Option<&'a str>,
    /// What there is to say beside, by the code.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    members: &'a Map<String, Value>,
}

/// How soon to come back when something we need is away.
const RETRY_AFTER_SECS: u64 = 1;

impl ApiError {
    /// The code, with a sentence for people.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let (members, headers) = (Map::new(), Vec::new());
        Self(Arc::new(Problem { code, detail: detail.into(), members, headers, is_audited: false }))
    }

    /// It does not exist, or not for this tenant and env: one and the same answer.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing here for this tenant and env.")
    }

    /// Something we need does not answer. Logs why; the client is told what, and to come back.
    pub fn unavailable(what: &'static str, cause: &dyn Error) -> Self {
        let cause = node::health::one_line(cause);
        tracing::warn!(what, cause, "something needed does not answer");
        Self::new(Code::Unavailable, format!("{what} does not answer. Nothing was changed. Try again."))
            .retry_after(RETRY_AFTER_SECS)
    }

    /// A fault of ours. Logs what; the client is told no more than the request's id.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a fault of ours");
        Self::new(Code::Internal, "This is our fault. Tell us the request_id.")
    }

    /// With one more member in the body.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<Value>) -> Self {
        let problem = Arc::make_mut(&mut self.0);
        problem.members.insert(member.to_owned(), value.into());
        self
    }

    /// With more members in the body.
    #[must_use]
    pub fn with_all(mut self, members: Map<String, Value>) -> Self {
        Arc::make_mut(&mut self.0).members.extend(members);
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        Arc::make_mut(&mut self.0).headers.push((name, value));
        self
    }

    /// With the seconds after which to come back.
    #[must_use]
    pub fn retry_after(self, secs: u64) -> Self {
        self.header(RETRY_AFTER, HeaderValue::from(secs))
    }

    /// The same, refused by a worker, which put it down itself.
    #[must_use]
    pub fn by_worker(mut self) -> Self {
        Arc::make_mut(&mut self.0).is_audited = true;
        self
    }

    /// Whether it is a refusal that nobody put down yet; not a fault, and not something that is away.
    pub fn is_refusal(&self) -> bool {
        !self.0.is_audited && self.status().is_client_error()
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The sentence for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        status(self.0.code)
    }

    /// The same as a frame of a WebSocket, in answer to the client's frame of this name.
    pub fn frame(&self, id: Option<String>) -> ServerFrame {
        let Problem { code, detail, members, .. } = &*self.0;
        ServerFrame::Error { id, code: *code, detail: detail.to_string(), members: members.clone() }
    }

    /// The body, for a request of this id.
    pub fn body<'a>(&'a self, request_id: Option<&'a str>) -> ProblemBody<'a> {
        let problem = &*self.0;
        ProblemBody {
            type_uri: format!("/problems/{}", problem.code),
            title: title(problem.code),
            status: status(problem.code).as_u16(),
            detail: &problem.detail,
            code: problem.code,
            request_id,
            members: &problem.members,
        }
    }
}

/// A routing key that is not in its form.
impl From<InvalidId> for ApiError {
    fn from(invalid: InvalidId) -> Self {
        Self::new(Code::ContextInvalid, format!("{invalid}.")).with("key", invalid.kind)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        for (name, value) in &self.0.headers {
            response.headers_mut().append(name, value.clone());
        }
        // RFC 9110, section 15.5.2.
        if self.status() == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of an error, with the request's id. Leaves any other response as it is.
pub fn complete(mut response: Response, request_id: &str) -> Response {
    let Some(error) = response.extensions_mut().remove::<ApiError>() else {
        return response;
    };
    let body = serde_json::to_vec(&error.body(Some(request_id))).unwrap_or_default();
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    *response.body_mut() = Body::from(body);
    response
}

/// The status of each code.
pub const fn status(code: Code) -> StatusCode {
    match code {
        Code::ContextMissing
        | Code::ContextMismatch
        | Code::ContextInvalid
        | Code::BodyInvalid
        | Code::QueryInvalid
        | Code::TokenInUrl => StatusCode::BAD_REQUEST,
        Code::Unauthenticated
        | Code::AuthExpired
        | Code::TokenRevoked
        | Code::CredentialsInvalid
        | Code::RefreshInvalid => StatusCode::UNAUTHORIZED,
        Code::NotAMember
        | Code::RoleTooLow
        | Code::SignupClosed
        | Code::FlagLocked
        | Code::OriginRefused
        | Code::SubjectNotYours
        | Code::KillSwitch
        | Code::KillSwitchUnknown
        | Code::LicenceRequired
        | Code::LicenceUnknown
        | Code::BudgetExceeded
        | Code::BudgetUnknown
        | Code::KpiOutOfCorridor
        | Code::KpiUnknown
        | Code::TemperatureBreach
        | Code::TemperatureUnknown => StatusCode::FORBIDDEN,
        Code::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::AlreadyExists
        | Code::RevMismatch
        | Code::RunEnded
        | Code::EmailTaken
        | Code::LastOwner
        | Code::UploadMissing
        | Code::StreamMoved
        | Code::StrategyLockRequired
        | Code::StrategyLockUnknown
        | Code::LevelTooLow
        | Code::AlreadyDecided => StatusCode::CONFLICT,
        Code::UploadExpired => StatusCode::GONE,
        Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::MediaTypeUnsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::TooManyOps
        | Code::OpInvalid
        | Code::EventTooLarge
        | Code::IdempotencyConflict
        | Code::WebhookRefused
        | Code::UploadInvalid
        | Code::UploadMismatch
        | Code::ScanRefused
        | Code::NoDocument
        | Code::DeadLettered => StatusCode::UNPROCESSABLE_ENTITY,
        Code::RateLimited | Code::UploadsTooMany => StatusCode::TOO_MANY_REQUESTS,
        Code::BusUnavailable | Code::Unavailable | Code::Draining | Code::RailDisabled => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Each code in words: short, and always the same.
pub const fn title(code: Code) -> &'static str {
    match code {
        Code::Unauthenticated => "No valid token",
        Code::AuthExpired => "The token has expired",
        Code::TokenRevoked => "The token was revoked",
        Code::ContextMissing => "Tenant or env is not stated",
        Code::ContextMismatch => "The context contradicts itself or the registry",
        Code::ContextInvalid => "A routing key is not in its form",
        Code::NotAMember => "Not a member of the tenant",
        Code::RoleTooLow => "The role does not allow it",
        Code::NotFound => "Not found",
        Code::MethodNotAllowed => "The path exists, the method does not",
        Code::AlreadyExists => "It exists already",
        Code::BodyInvalid => "The body is not what is asked for",
        Code::BodyTooLarge => "The body is too large",
        Code::MediaTypeUnsupported => "The body is not JSON",
        Code::UpgradeRequired => "The path is a WebSocket's",
        Code::OriginRefused => "The origin may not open sockets",
        Code::QueryInvalid => "A query parameter is not in its form",
        Code::TooManyOps => "Too many operations in one command",
        Code::OpInvalid => "An operation is not valid on the state",
        Code::EventTooLarge => "The event would be too large",
        Code::RevMismatch => "base_rev is not the head",
        Code::IdempotencyConflict => "The idempotency key stands for another body",
        Code::RunEnded => "The run has ended",
        Code::RateLimited => "Too much, too fast",
        Code::BusUnavailable => "The bus does not take it",
        Code::Unavailable => "Something needed does not answer",
        Code::Draining => "This node is stopping",
        Code::DeadLettered => "The command could not be worked on",
        Code::UploadInvalid => "What is promised of the upload may not be",
        Code::UploadsTooMany => "Too many uploads are awaited",
        Code::NoDocument => "It holds no document",
        Code::UploadMissing => "The bytes are not there",
        Code::UploadMismatch => "The bytes are not those that were promised",
        Code::UploadExpired => "The bytes did not come in time",
        Code::ScanRefused => "The scanner refused the bytes",
        Code::Internal => "A fault of ours",
        Code::FlagLocked => "The flag is locked",
        Code::SignupClosed => "Signup is closed",
        Code::EmailTaken => "The email address is taken",
        Code::CredentialsInvalid => "Email and password do not belong together",
        Code::RefreshInvalid => "The refresh token is not valid",
        Code::LastOwner => "A tenant must keep an owner",
        Code::RailDisabled => "The rail is switched off",
        Code::StreamMoved => "The stream was opened again elsewhere",
        Code::TokenInUrl => "A token does not belong into a URL",
        Code::KillSwitch => "A kill switch stops it",
        Code::LicenceRequired => "It takes a licence",
        Code::StrategyLockRequired => "It takes a strategy lock",
        Code::BudgetExceeded => "The budget does not allow it",
        Code::KpiOutOfCorridor => "A corridor does not hold",
        Code::TemperatureBreach => "A bound of the temperature does not hold",
        Code::KillSwitchUnknown => "The kill switches are not known",
        Code::LicenceUnknown => "The licences are not known",
        Code::StrategyLockUnknown => "The strategy locks are not known",
        Code::BudgetUnknown => "The budget is not known",
        Code::KpiUnknown => "A corridor has no measurement",
        Code::TemperatureUnknown => "A bound of the temperature has no measurement",
        Code::LevelTooLow => "The level only goes up",
        Code::SubjectNotYours => "The subject is somebody else",
        Code::WebhookRefused => "Nothing is sent to this address",
        Code::AlreadyDecided => "It was decided on before",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    #[tokio::test]
    async fn an_error_is_a_problem() {
        let error = ApiError::new(Code::RateLimited, "Come back in a second.").with("limit", "commands").retry_after(1);
        let response = complete(error.into_response(), "r-1");
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        insta::assert_snapshot!(String::from_utf8(body.to_vec()).unwrap(), @r#"{"type":"/problems/RATE_LIMITED","title":"Too much, too fast","status":429,"detail":"Come back in a second.","code":"RATE_LIMITED","request_id":"r-1","limit":"commands"}"#);
    }

    #[test]
    fn every_code_is_an_error() {
        for code in Code::ALL {
            assert!(status(*code).is_client_error() || status(*code).is_server_error());
            assert!(!title(*code).is_empty());
        }
    }

    #[tokio::test]
    async fn another_response_is_left_alone() {
        let response = complete("fine".into_response(), "r-1");
        assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "fine");
    }
}
