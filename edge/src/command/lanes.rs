//! Lanes, one for each canvas or thread that has commands on their way: one message in flight, the next gathers behind it.

use crate::command::journey::Journey;
use crate::command::lane::{COMMAND_MESSAGE_BYTES_MAX, Full, Lane};
use crate::error::ApiError;
use crate::road::{Road, Untaken};
use node::stop::Stop;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subjects::answer::{Answer, Effect};
use subjects::code::Code;
use subjects::routing::StreamKey;
use subjects::trace::TraceParent;
use tokio::sync::oneshot::{self, error::RecvError};
use tokio::time::Instant;

/// All lanes of this edge.
///
/// A command that joined is sent whether or not anybody still waits for its answer. A lane goes on after a while even
/// where its message is not answered, so that no lane is ever stuck: the stream keeps the order.
#[derive(Debug)]
pub struct Lanes {
    road: Arc<Road>,
    answer_wait: Duration,
    stop: Stop,
    running: Running,
}

/// What became of a command that joined a lane.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// A worker answered.
    Answered(Answer<Effect>),
    /// It was taken, and no worker answered in time.
    Pending,
    /// It was not taken.
    Untaken(Untaken),
}

/// The lanes that have a task. A lane is here exactly as long as its task runs.
pub(super) type Running = Arc<Mutex<HashMap<StreamKey, Lane<Waiting>>>>;

/// A command in a lane.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) command: Vec<u8>,
    pub(super) trace: TraceParent,
    pub(super) outcome: oneshot::Sender<Outcome>,
    pub(super) _counted: InFlight,
}

/// Counts a command from the moment it joins until its outcome is told.
#[derive(Debug)]
pub(super) struct InFlight;

impl InFlight {
    const GAUGE: &'static str = "northstar_commands_in_flight";

    pub(super) fn new() -> Self {
        metrics::gauge!(Self::GAUGE).increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!(Self::GAUGE).decrement(1.0);
    }
}

const RETRY_AFTER_SECS: u64 = 1;

impl Lanes {
    /// No lanes yet.
    pub fn new(road: Arc<Road>, answer_wait: Duration, stop: Stop) -> Self {
        Self { road, answer_wait, stop, running: Running::default() }
    }

    /// Puts a command, as JSON, into the lane of its log. Where its outcome arrives is returned; if nothing ever
    /// does, nobody knows.
    pub fn join(
        &self,
        stream: &StreamKey,
        command: Vec<u8>,
        trace: TraceParent,
    ) -> Result<oneshot::Receiver<Outcome>, ApiError> {
        if command.len() > COMMAND_MESSAGE_BYTES_MAX {
            return Err(ApiError::from(Untaken::TooLarge));
        }
        let (sender, receiver) = oneshot::channel();
        let bytes = command.len();
        let waiting = Waiting { command, trace, outcome: sender, _counted: InFlight::new() };
        let is_new = {
            let mut lanes = lock(&self.running);
            let entry = lanes.entry(stream.clone());
            let is_new = matches!(entry, Entry::Vacant(_));
            entry.or_default().join(waiting, bytes).map_err(full)?;
            metrics::gauge!("northstar_lanes").set(lanes.len() as f64);
            is_new
        };
        if is_new {
            self.stop.spawn(self.journey(stream.clone()).run());
        }
        Ok(receiver)
    }

    fn journey(&self, stream: StreamKey) -> Journey {
        Journey::new(self.road.clone(), self.answer_wait, self.stop.clone(), Running::clone(&self.running), stream)
    }
}

pub(super) fn lock(running: &Running) -> MutexGuard<'_, HashMap<StreamKey, Lane<Waiting>>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The answer to a command that joined a lane; none where it was taken and no worker answered in time.
pub fn answered(outcome: Result<Outcome, RecvError>) -> Result<Option<Answer<Effect>>, ApiError> {
    match outcome {
        Ok(Outcome::Answered(answer)) => Ok(Some(answer)),
        Ok(Outcome::Pending) => Ok(None),
        Ok(Outcome::Untaken(untaken)) => Err(untaken.into()),
        Err(_) => Err(ApiError::internal("the lane broke down")),
    }
}

fn full(_: Full) -> ApiError {
    metrics::counter!("northstar_limited_total", "limit" => "lane").increment(1);
    ApiError::new(Code::RateLimited, "Too many commands wait for this canvas or thread. Nothing was accepted.")
        .retry_after(RETRY_AFTER_SECS)
}

/// Records how long a stage of a command's way took.
pub fn stage(name: &'static str, begun: Instant) {
    metrics::histogram!("northstar_command_seconds", "stage" => name).record(begun.elapsed());
}
