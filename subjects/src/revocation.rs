//! What is taken away before a token's time, and the pulse that carries it to every edge.

use crate::event::millis;
use crate::ids::{ActorId, Role, TenantId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How often a worker sends a pulse, at least.
pub const PULSE_MS: u64 = 1_000;
/// A pulse names what was revoked in so many seconds before it: a pulse that is lost is made good by the next.
pub const WINDOW_SECS: i64 = 30;
/// The most that a pulse names, so that it fits into a message.
pub const RECENT_MAX: usize = 1_000;

/// What a token can no longer give, although it says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Revocation {
    /// No token of this session is valid.
    Session {
        /// The session.
        session_id: Uuid,
    },
    /// This token is not valid.
    Token {
        /// In which tenant; everywhere, in tenant-0's name.
        tenant_id: TenantId,
        /// `jti`.
        token_id: Uuid,
    },
    /// This member's role is not what older tokens say.
    Member {
        /// Where.
        tenant_id: TenantId,
        /// Who.
        user_id: ActorId,
        /// What they may do now; none when they are no member.
        role: Option<Role>,
        /// Grows from one change of a member to the next.
        number: i64,
    },
}

/// A revocation, as it stands in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// What.
    #[serde(flatten)]
    pub revocation: Revocation,
    /// When every token has ended that it concerns.
    #[serde(with = "millis")]
    pub until: DateTime<Utc>,
}

/// What a worker read in the database: proof that the feed is alive, and all that was revoked lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// When, by the database's clock.
    #[serde(with = "millis")]
    pub at: DateTime<Utc>,
    /// What was revoked in the [`WINDOW_SECS`] before.
    pub recent: Vec<Revoked>,
    /// Whether that is all of it. If not, the database says the rest.
    pub is_complete: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_is_read_as_it_is_written() {
        let text = r#"{"at":"2026-11-20T20:13:58.123Z","recent":[{"what":"session","session_id":"0199a1b2-0000-7000-8000-000000000001","until":"2026-11-20T20:30:00.000Z"},{"what":"member","tenant_id":"t_acme","user_id":"u_7","role":null,"number":7,"until":"2026-11-20T20:30:00.000Z"},{"what":"token","tenant_id":"t_system","token_id":"0199a1b2-0000-7000-8000-000000000002","until":"2026-11-20T20:30:00.000Z"}],"is_complete":true}"#;
        let pulse: Pulse = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&pulse).unwrap(), text);
    }
}
