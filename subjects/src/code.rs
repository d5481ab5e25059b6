//! The stable codes of refusals. A client may match on them; the words beside them may change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A stable code, as it stands in `problem+json` and in `error` frames.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as it is written.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// No token, or none that is valid.
    Unauthenticated = "UNAUTHENTICATED",
    /// The token was valid and is no longer.
    AuthExpired = "AUTH_EXPIRED",
    /// The token was revoked: it, its session, or what it was given for.
    TokenRevoked = "TOKEN_REVOKED",
    /// Tenant or env is not stated.
    ContextMissing = "CONTEXT_MISSING",
    /// A routing key is stated twice and differs, or differs from the registry.
    ContextMismatch = "CONTEXT_MISMATCH",
    /// A routing key is not in its form.
    ContextInvalid = "CONTEXT_INVALID",
    /// The actor is not a member of the tenant.
    NotAMember = "NOT_A_MEMBER",
    /// The actor's role does not allow it.
    RoleTooLow = "ROLE_TOO_LOW",
    /// It does not exist, or not for this tenant and env.
    NotFound = "NOT_FOUND",
    /// The path exists, the method does not.
    MethodNotAllowed = "METHOD_NOT_ALLOWED",
    /// It exists already.
    AlreadyExists = "ALREADY_EXISTS",
    /// The body is not JSON, or not of the form that is asked for.
    BodyInvalid = "BODY_INVALID",
    /// The body is larger than allowed.
    BodyTooLarge = "BODY_TOO_LARGE",
    /// The body's media type is not JSON.
    MediaTypeUnsupported = "MEDIA_TYPE_UNSUPPORTED",
    /// The path is a WebSocket's, and the request does not ask for one.
    UpgradeRequired = "UPGRADE_REQUIRED",
    /// The page that asks is of an origin that may not.
    OriginRefused = "ORIGIN_REFUSED",
    /// A query parameter is not in its form.
    QueryInvalid = "QUERY_INVALID",
    /// A command holds more operations than allowed.
    TooManyOps = "TOO_MANY_OPS",
    /// An operation is not valid on the state.
    OpInvalid = "OP_INVALID",
    /// The event would be larger than allowed.
    EventTooLarge = "EVENT_TOO_LARGE",
    /// `base_rev` is not the head.
    RevMismatch = "REV_MISMATCH",
    /// The idempotency key stands for another body.
    IdempotencyConflict = "IDEMPOTENCY_CONFLICT",
    /// The run has ended: nothing more happens in it.
    RunEnded = "RUN_ENDED",
    /// The tenant is at one of its limits: too much, too fast, or held at once.
    RateLimited = "RATE_LIMITED",
    /// The bus does not take it. Nothing was accepted.
    BusUnavailable = "BUS_UNAVAILABLE",
    /// What is needed to answer does not answer. Nothing was changed.
    Unavailable = "UNAVAILABLE",
    /// The node is stopping. Another one answers.
    Draining = "DRAINING",
    /// The command could not be worked on and was put aside for people to look at. It changed nothing.
    DeadLettered = "DEAD_LETTERED",
    /// What is promised of an upload may not be: its size or its media type.
    UploadInvalid = "UPLOAD_INVALID",
    /// The tenant awaits as many uploads as it may.
    UploadsTooMany = "UPLOADS_TOO_MANY",
    /// What is to be checked holds no document.
    NoDocument = "NO_DOCUMENT",
    /// The bytes are not there, or not all of them. Upload them, then register again.
    UploadMissing = "UPLOAD_MISSING",
    /// The bytes that came are not those that were promised. They are deleted; upload again.
    UploadMismatch = "UPLOAD_MISMATCH",
    /// The bytes did not come in time. Begin anew.
    UploadExpired = "UPLOAD_EXPIRED",
    /// The scanner refused the bytes. They are deleted.
    ScanRefused = "SCAN_REFUSED",
    /// A fault of ours.
    Internal = "INTERNAL",
    /// Tenant-0 locked the flag: no tenant may say otherwise.
    FlagLocked = "FLAG_LOCKED",
    /// Signup is closed.
    SignupClosed = "SIGNUP_CLOSED",
    /// The email address is taken.
    EmailTaken = "EMAIL_TAKEN",
    /// Email and password do not belong together.
    CredentialsInvalid = "CREDENTIALS_INVALID",
    /// The refresh token is unknown, spent, expired or revoked.
    RefreshInvalid = "REFRESH_INVALID",
    /// A tenant must keep an owner.
    LastOwner = "LAST_OWNER",
    /// The rail is switched off for the tenant and env. Do not come back yet.
    RailDisabled = "RAIL_DISABLED",
    /// The stream was opened again elsewhere, and goes on there.
    StreamMoved = "STREAM_MOVED",
    /// The token in a URL is refused: it would end up in logs.
    TokenInUrl = "TOKEN_IN_URL",
    /// A kill switch stops it.
    KillSwitch = "KILL_SWITCH",
    /// It takes an active licence of a level that who acts does not have.
    LicenceRequired = "LICENCE_REQUIRED",
    /// It takes an approved, current strategy lock that allows it.
    StrategyLockRequired = "STRATEGY_LOCK_REQUIRED",
    /// More would be spent than a limit allows.
    BudgetExceeded = "BUDGET_EXCEEDED",
    /// A corridor of the surface does not hold.
    KpiOutOfCorridor = "KPI_OUT_OF_CORRIDOR",
    /// A floor or ceiling of the temperature does not hold.
    TemperatureBreach = "TEMPERATURE_BREACH",
    /// The kill switches are not known.
    KillSwitchUnknown = "KILL_SWITCH_UNKNOWN",
    /// The licences are not known.
    LicenceUnknown = "LICENCE_UNKNOWN",
    /// The strategy locks are not known.
    StrategyLockUnknown = "STRATEGY_LOCK_UNKNOWN",
    /// What was spent, or a limit in the currency, is not known.
    BudgetUnknown = "BUDGET_UNKNOWN",
    /// A corridor has no measurement.
    KpiUnknown = "KPI_UNKNOWN",
    /// A bound of the temperature has no measurement.
    TemperatureUnknown = "TEMPERATURE_UNKNOWN",
    /// The level is below the one that holds: what is dangerous only becomes more so.
    LevelTooLow = "LEVEL_TOO_LOW",
    /// It was decided on before, and stays as it is.
    AlreadyDecided = "ALREADY_DECIDED",
    /// The subject of the action is somebody else.
    SubjectNotYours = "SUBJECT_NOT_YOURS",
    /// Nothing is sent to this address.
    WebhookRefused = "WEBHOOK_REFUSED",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_serialised() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
