//! Where one connection shows its session. What it shows ends with it, after a grace.

use super::own::Showing;
use super::rooms::Presence;
use crate::context::Member;
use crate::error::ApiError;
use crate::http::body;
use chrono::Utc;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use subjects::code::Code;
use subjects::ids::SessionId;
use subjects::presence::{InvalidState, Session, State};
use subjects::routing::StreamKey;
use uuid::Uuid;

/// On how many canvases and threads one connection may be present.
const STAYS_MAX: usize = 32;

/// Where one connection shows its session. Dropped, all of it ends after the grace, unless somebody shows it again.
#[derive(Debug)]
pub struct Stays {
    presence: Presence,
    /// Whose connection states no session is one by itself.
    session_id: SessionId,
    stays: Mutex<Places>,
}

type Places = HashMap<StreamKey, Session>;

impl Stays {
    /// Nowhere yet.
    pub fn new(presence: &Presence, stream_id: Uuid) -> Self {
        let session_id = stream_id.simple().to_string();
        let session_id = session_id.parse().expect("32 hex digits are an id");
        Self { presence: presence.clone(), session_id, stays: Mutex::default() }
    }

    /// Shows this of the member's session on a canvas or thread, whose registered keys the member's must hold; or, with
    /// none, lets it leave at once. Whoever reads there may be there.
    pub fn set(&self, stream: &StreamKey, member: &Member, state: Option<Box<RawValue>>) -> Result<(), ApiError> {
        let mut stays = self.stays();
        let Some(json) = state else {
            if let Some(session) = stays.remove(stream) {
                self.presence.leave(stream, &session);
            }
            return Ok(());
        };
        let showing = self.showing(member, State::new(json).map_err(invalid)?);
        match stays.get(stream) {
            Some(_) => self.presence.show(stream, showing),
            None => self.enter(&mut stays, stream, showing)?,
        }
        Ok(())
    }

    /// The connection was heard from.
    pub fn heard(&self) {
        for (stream, session) in self.stays().iter() {
            self.presence.seen(stream, session);
        }
    }

    fn enter(&self, stays: &mut Places, stream: &StreamKey, showing: Showing) -> Result<(), ApiError> {
        if stays.len() >= STAYS_MAX {
            let detail = format!("A connection may be present on {STAYS_MAX} canvases and threads. Leave one first.");
            return Err(ApiError::new(Code::RateLimited, detail).with("limit", "stays"));
        }
        let session = showing.session.clone();
        self.presence.enter(stream, showing)?;
        stays.insert(stream.clone(), session);
        Ok(())
    }

    fn stays(&self) -> MutexGuard<'_, Places> {
        self.stays.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn showing(&self, member: &Member, state: State) -> Showing {
        let mut keys = member.keys.clone();
        let session_id = keys.session_id.get_or_insert_with(|| self.session_id.clone()).clone();
        Showing { session: Session { actor: member.actor(), session_id }, keys, state, seen: Utc::now() }
    }
}

impl Drop for Stays {
    fn drop(&mut self) {
        for (stream, session) in self.stays().iter() {
            self.presence.part(stream, session);
        }
    }
}

fn invalid(why: InvalidState) -> ApiError {
    match why {
        InvalidState::NotAnObject => body::invalid(format!("At state: {why}."), "state"),
        InvalidState::TooLarge => ApiError::new(Code::BodyTooLarge, format!("At state: {why}.")).with("at", "state"),
    }
}
