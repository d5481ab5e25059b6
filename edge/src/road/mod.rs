//! The way to the workers and back: a message into JetStream, its answer on this edge's inbox.

pub mod ask;
pub mod control;
mod publish;
mod reply;

pub use publish::{Letter, Untaken};
pub use reply::Reply;

use crate::road::reply::Awaited;
use node::bus::Bus;
use node::stop::Stop;
use std::sync::Arc;
use subjects::subject;

/// The way to the workers and back. One subscription hears all answers.
#[derive(Debug)]
pub struct Road {
    bus: Bus,
    awaited: Arc<Awaited>,
}

impl Road {
    /// The road, listening for answers until asked to stop and nothing is awaited any more.
    pub fn start(bus: Bus, stop: &Stop) -> Arc<Self> {
        let awaited = Arc::new(Awaited::new());
        let replies = subject::replies(&bus.inbox);
        tokio::spawn(reply::listen(bus.clone(), replies, awaited.clone(), stop.clone()));
        Arc::new(Self { bus, awaited })
    }

    /// Publishes the letter and returns where its answer will arrive, once JetStream took it.
    ///
    /// Repeats with the same message id until it is taken, for a while. [`Untaken`] means that JetStream said no or
    /// nothing: usually nothing was accepted, but where only the acknowledgement was lost the message may still be
    /// worked on. Whoever repeats it later does so under the same idempotency key, which settles it.
    pub async fn send(&self, letter: Letter<'_>) -> Result<Reply, Untaken> {
        let mut reply = self.awaited.expect();
        let reply_to = subject::reply(&self.bus.inbox, reply.number());
        tokio::select! {
            // An answer that overtakes the acknowledgement says as much.
            () = reply.arrives() => {}
            taken = publish::until_taken(&self.bus, letter, Some(reply_to)) => taken?,
        }
        Ok(reply)
    }

    /// Publishes a letter that is not answered. As with [`Road::send`], what JetStream did not acknowledge it may have.
    pub async fn put(&self, letter: Letter<'_>) -> Result<(), Untaken> {
        publish::until_taken(&self.bus, letter, None).await
    }
}
