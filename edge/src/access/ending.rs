//! Why a stream is ended: a closed list, each with what a client is told and whether it is to come back.

use subjects::code::Code;

/// Why a stream is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its token ended, and no other came in time.
    Expired,
    /// Its token or session was revoked.
    Revoked,
    /// Its bearer is no member of the tenant any more.
    Removed,
    /// The rail is switched off for the tenant and env.
    Disabled,
    /// The same stream was opened again, here or on another edge.
    Moved,
}

impl Ending {
    /// The code of the `error` event or frame that is said first.
    pub const fn code(self) -> Code {
        match self {
            Ending::Expired => Code::AuthExpired,
            Ending::Revoked => Code::TokenRevoked,
            Ending::Removed => Code::NotAMember,
            Ending::Disabled => Code::RailDisabled,
            Ending::Moved => Code::StreamMoved,
        }
    }

    /// The same for people, with what to do.
    pub const fn detail(self) -> &'static str {
        match self {
            Ending::Expired => "The token has expired. Come back with a new one.",
            Ending::Revoked => "The token was revoked. Log in again.",
            Ending::Removed => "You are no longer a member of this tenant.",
            Ending::Disabled => "This rail is switched off for the tenant. Do not come back yet.",
            Ending::Moved => "The stream was opened again elsewhere, and goes on there.",
        }
    }

    /// The WebSocket close code: 4000 to 4499 come back, 4500 to 4999 do not.
    pub const fn close_code(self) -> u16 {
        match self {
            Ending::Expired => 4401,
            Ending::Revoked => 4501,
            Ending::Removed => 4502,
            Ending::Disabled => 4503,
            Ending::Moved => 4504,
        }
    }
}
