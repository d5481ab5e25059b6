//! Sessions: they begin, their refresh token is spent for another, they end.

use crate::control::Outcome;
use crate::runtime::worker::Failure;
use crate::store::people::Session;
use crate::store::{Client, people, revocations};
use chrono::{DateTime, Utc};
use subjects::answer::Rejection;
use subjects::code::Code;
use subjects::control::{Granted, NewSession};
use subjects::ids::ActorId;
use uuid::Uuid;

/// Begins a session of a user who proved who they are.
pub(crate) async fn start(client: &Client, user_id: &ActorId, session: &NewSession) -> Result<Outcome, Failure> {
    if let Some(found) = people::lock_session(client, session.session_id).await? {
        let is_repeat = found.user_id == *user_id;
        return Ok(if is_repeat { granted(found) } else { Err(invalid()) });
    }
    if !people::user_exists(client, user_id).await? {
        return Ok(Err(Rejection::refused(Code::NotFound, "There is no such user.")));
    }
    people::add_session(client, user_id, session).await?;
    Ok(Ok(Granted::Session { user_id: user_id.clone() }))
}

/// Puts the next refresh token in the place of the one that is spent.
pub(crate) async fn rotate(
    client: &Client,
    spent_hash: &str,
    next: &NewSession,
    (now, token_secs): (DateTime<Utc>, u64),
) -> Result<Outcome, Failure> {
    let Some(session) = people::lock_session(client, next.session_id).await? else { return Ok(Err(invalid())) };
    match decide(&session, spent_hash, &next.refresh_hash, now) {
        Rotation::Rotate => people::rotate_session(client, next).await?,
        Rotation::Repeat => {}
        Rotation::Over => return Ok(Err(invalid())),
        Rotation::Reused => {
            people::end_session(client, next.session_id).await?;
            revocations::session(client, next.session_id, token_secs).await?;
            return Ok(Err(invalid()));
        }
    }
    Ok(granted(session))
}

/// Ends the session, and its tokens of the last `token_secs`. To end one that ended is no error.
pub(crate) async fn end(
    client: &Client,
    session_id: Uuid,
    refresh_hash: &str,
    token_secs: u64,
) -> Result<Outcome, Failure> {
    match people::lock_session(client, session_id).await? {
        Some(session) if session.refresh_hash == refresh_hash => {
            people::end_session(client, session_id).await?;
            revocations::session(client, session_id, token_secs).await?;
            Ok(Ok(Granted::Done))
        }
        Some(_) | None => Ok(Err(invalid())),
    }
}

#[derive(Debug, PartialEq)]
enum Rotation {
    /// The token is good.
    Rotate,
    /// It was spent for this very next one.
    Repeat,
    /// The session has ended, or its token has.
    Over,
    /// It was spent before: somebody has a copy, and the session must end.
    Reused,
}

fn decide(session: &Session, spent_hash: &str, next_hash: &str, now: DateTime<Utc>) -> Rotation {
    if session.is_ended {
        Rotation::Over
    } else if session.refresh_hash == next_hash {
        Rotation::Repeat
    } else if session.refresh_hash != spent_hash {
        Rotation::Reused
    } else if session.expires_at <= now {
        Rotation::Over
    } else {
        Rotation::Rotate
    }
}

fn granted(session: Session) -> Outcome {
    Ok(Granted::Session { user_id: session.user_id })
}

fn invalid() -> Rejection {
    Rejection::refused(Code::RefreshInvalid, "Log in again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spent_token_is_worth() {
        let check = |current: &str, is_ended, now_secs, expected| {
            let session = Session {
                user_id: "u_1".parse().unwrap(),
                refresh_hash: current.into(),
                expires_at: DateTime::from_timestamp(100, 0).unwrap(),
                is_ended,
            };
            let now = DateTime::from_timestamp(now_secs, 0).unwrap();
            assert_eq!(decide(&session, "spent", "next", now), expected, "{current} {is_ended} {now_secs}");
        };
        check("spent", false, 99, Rotation::Rotate);
        check("spent", false, 100, Rotation::Over);
        check("next", false, 99, Rotation::Repeat);
        check("later", false, 99, Rotation::Reused);
        check("spent", true, 99, Rotation::Over);
        check("later", true, 99, Rotation::Over);
    }
}
