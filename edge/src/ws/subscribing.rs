//! The subscriptions of one connection.

use crate::access::Pass;
use crate::error::ApiError;
use crate::limits::holdings::Permit;
use crate::readers::Readers;
use crate::readers::boarding::Boarding;
use crate::readers::conn::Conn;
use crate::readers::reader::{Admission, Sink, Subscription, Welcome};
use std::collections::HashMap;
use std::sync::Arc;
use subjects::code::Code;
use subjects::limits::WS_SUBSCRIPTIONS_MAX;
use subjects::routing::Stream;

/// A subscription that is about to begin: its log is watched and its place is known.
#[derive(Debug)]
pub(super) struct Subscribing {
    /// The client's name for the frame that asked for it.
    pub(super) id: String,
    /// Of what.
    pub(super) stream: Stream,
    /// Where it begins, and what it sees.
    pub(super) boarding: Boarding,
    /// Its place among those of its tenant.
    pub(super) permit: Permit,
    /// What it is told first, of who is there.
    pub(super) welcome: Option<Welcome>,
}

/// The subscriptions of one connection, at most one of each canvas or thread.
#[derive(Debug, Default)]
pub(super) struct Subscriptions(HashMap<Stream, Arc<Subscription>>);

impl Subscriptions {
    /// Begins it, in the place of an earlier one of the same. Its feed tells the client where it stands.
    pub(super) fn begin(
        &mut self,
        readers: &Readers,
        conn: &Arc<Conn>,
        pass: &Arc<Pass>,
        subscribing: Subscribing,
    ) -> Result<(), ApiError> {
        let Subscribing { id, stream, boarding, permit, welcome } = subscribing;
        if self.0.len() >= WS_SUBSCRIPTIONS_MAX && !self.0.contains_key(&stream) {
            return Err(too_many());
        }
        let subscription = Arc::new(Subscription::new(conn.clone(), id, welcome));
        if let Some(earlier) = self.0.insert(stream, subscription.clone()) {
            earlier.end();
        }
        let admission = Admission::Subscription { _permit: permit };
        readers.board(boarding, Sink::Ws(subscription), pass.clone(), admission);
        Ok(())
    }

    /// Ends it. Says whether there was one.
    pub(super) fn end(&mut self, stream: &Stream) -> bool {
        let subscription = self.0.remove(stream);
        subscription.inspect(|subscription| subscription.end()).is_some()
    }
}

fn too_many() -> ApiError {
    let detail = format!("A connection holds {WS_SUBSCRIPTIONS_MAX} subscriptions. End one first, or open another.");
    ApiError::new(Code::RateLimited, detail).with("limit", "subscriptions_per_connection")
}
