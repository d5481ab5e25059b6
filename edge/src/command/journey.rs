//! The journey of one lane's commands: message after message to the workers, and each command's outcome back.

use crate::command::lane::Lane;
use crate::command::lanes::{Outcome, Running, Waiting, lock, stage};
use crate::road::{Letter, Reply, Road, Untaken};
use bytes::Bytes;
use node::stop::Stop;
use std::sync::Arc;
use std::time::Duration;
use subjects::answer::{Answers, Effect};
use subjects::routing::StreamKey;
use subjects::subject::Subject;
use tokio::time::Instant;

/// How long a message keeps the next one waiting.
const HOLD_MS: u64 = 1_000;

/// The task of one lane: message after message, until nothing waits.
pub(super) struct Journey {
    road: Arc<Road>,
    stream: StreamKey,
    subject: Subject,
    answer_wait: Duration,
    stop: Stop,
    lane: Running,
    is_over: bool,
}

impl Journey {
    /// The task of a lane that was just begun.
    pub(super) fn new(road: Arc<Road>, answer_wait: Duration, stop: Stop, lane: Running, stream: StreamKey) -> Self {
        Self { road, subject: Subject::Command(stream.clone()), answer_wait, stop, lane, stream, is_over: false }
    }

    /// Ends when nothing waits any more.
    pub(super) async fn run(mut self) {
        while let Some(departing) = self.depart() {
            self.travel(departing).await;
        }
        self.is_over = true;
    }

    /// The next message; none when nothing waits, and then the lane is gone.
    fn depart(&self) -> Option<Vec<Waiting>> {
        let mut lanes = lock(&self.lane);
        let departing = lanes.get_mut(&self.stream).map(Lane::depart).unwrap_or_default();
        if departing.is_empty() {
            lanes.remove(&self.stream);
            metrics::gauge!("northstar_lanes").set(lanes.len() as f64);
            return None;
        }
        Some(departing)
    }

    async fn travel(&self, departing: Vec<Waiting>) {
        let Some(first) = departing.first() else {
            return;
        };
        let letter = Letter { subject: &self.subject, body: batch(&departing), trace: first.trace };
        metrics::counter!("northstar_command_messages_total").increment(1);
        metrics::counter!("northstar_commands_sent_total").increment(departing.len() as u64);
        let begun = Instant::now();
        match self.road.send(letter).await {
            Ok(reply) => {
                stage("publish", begun);
                self.arrive(reply, departing).await;
            }
            Err(untaken) => self.turn_back(untaken, departing),
        }
    }

    /// Hands out the answers when they come. Holds the lane for a while at most.
    async fn arrive(&self, mut reply: Reply, departed: Vec<Waiting>) {
        let begun = Instant::now();
        let hold = self.answer_wait.min(Duration::from_millis(HOLD_MS));
        match reply.within(hold).await {
            Some(answer) => hand_out(&answer, departed, begun),
            None => {
                let rest = self.answer_wait.saturating_sub(hold);
                self.stop.spawn(async move {
                    match reply.within(rest).await {
                        Some(answer) => hand_out(&answer, departed, begun),
                        None => tell(departed, || Outcome::Pending),
                    }
                });
            }
        }
    }

    /// The bus takes nothing now: whoever waits behind is told so too, instead of finding out one by one.
    fn turn_back(&self, untaken: Untaken, departing: Vec<Waiting>) {
        let behind = match untaken {
            Untaken::Disconnected | Untaken::Silent | Untaken::Full => {
                lock(&self.lane).get_mut(&self.stream).map(Lane::clear).unwrap_or_default()
            }
            Untaken::TooLarge => Vec::new(),
        };
        tell(departing.into_iter().chain(behind), || Outcome::Untaken(untaken));
    }
}

/// Only a fault of ours ends the task early. Then the lane is freed, and those that wait learn that nobody knows.
impl Drop for Journey {
    fn drop(&mut self) {
        if !self.is_over {
            lock(&self.lane).remove(&self.stream);
        }
    }
}

/// A [`Batch`](subjects::command::Batch) of commands that are JSON already.
fn batch(departing: &[Waiting]) -> Bytes {
    const HEAD: &[u8] = b"{\"commands\":[";
    const TAIL: &[u8] = b"]}";
    let commands: usize = departing.iter().map(|waiting| waiting.command.len() + 1).sum();
    let mut body = Vec::with_capacity(HEAD.len() + commands + TAIL.len());
    body.extend_from_slice(HEAD);
    for (n, waiting) in departing.iter().enumerate() {
        if n > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&waiting.command);
    }
    body.extend_from_slice(TAIL);
    body.into()
}

fn hand_out(answer: &[u8], departed: Vec<Waiting>, begun: Instant) {
    stage("answer", begun);
    let answers = serde_json::from_slice::<Answers<Effect>>(answer).map(|answers| answers.answers);
    match answers {
        Ok(answers) if answers.len() == departed.len() => {
            for (waiting, answer) in departed.into_iter().zip(answers) {
                // Who hung up asks for the command's status, or not at all.
                let _ = waiting.outcome.send(Outcome::Answered(answer));
            }
        }
        // What became of the commands stands in the database all the same.
        Ok(answers) => {
            tracing::error!(answers = answers.len(), commands = departed.len(), "not one answer for each command");
            tell(departed, || Outcome::Pending);
        }
        Err(error) => {
            tracing::error!(%error, "an answer cannot be read");
            tell(departed, || Outcome::Pending);
        }
    }
}

fn tell(waiting: impl IntoIterator<Item = Waiting>, outcome: impl Fn() -> Outcome) {
    for waiting in waiting {
        let _ = waiting.outcome.send(outcome());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::lanes::InFlight;
    use subjects::code::Code;
    use subjects::command::Batch;
    use subjects::trace::TraceParent;
    use tokio::sync::oneshot;

    fn waiting(command: &str) -> (Waiting, oneshot::Receiver<Outcome>) {
        let trace = TraceParent { trace_id: 1, span_id: 1, sampled: false };
        let (outcome, receiver) = oneshot::channel();
        (Waiting { command: command.into(), trace, outcome, _counted: InFlight::new() }, receiver)
    }

    #[test]
    fn commands_travel_as_a_batch() {
        for commands in [vec!["1"], vec!["1", "{\"a\":2}", "[]"]] {
            let departing: Vec<_> = commands.iter().map(|text| waiting(text).0).collect();
            let batch: Batch<serde_json::Value> = serde_json::from_slice(&batch(&departing)).unwrap();
            let texts: Vec<_> = batch.commands.iter().map(ToString::to_string).collect();
            assert_eq!(texts, commands);
        }
    }

    #[tokio::test]
    async fn each_command_gets_its_own_answer() {
        let ((one, mut first), (other, mut second)) = (waiting("1"), waiting("2"));
        let answers = r#"{"answers":[{"outcome":{"Err":{"rejection":"dead_lettered"}}},{"outcome":{"Err":{"rejection":"idempotency_conflict"}},"replayed":true}]}"#;
        hand_out(answers.as_bytes(), vec![one, other], Instant::now());
        let answered = |outcome| match outcome {
            Ok(Outcome::Answered(answer)) => (answer.outcome.unwrap_err().code(), answer.replayed),
            other => panic!("{other:?}"),
        };
        assert_eq!(answered(first.try_recv()), (Code::DeadLettered, false));
        assert_eq!(answered(second.try_recv()), (Code::IdempotencyConflict, true));
    }

    #[tokio::test]
    async fn an_answer_that_does_not_fit_leaves_the_commands_pending() {
        for answer in ["", "{\"answers\":[]}"] {
            let (one, mut outcome) = waiting("1");
            hand_out(answer.as_bytes(), vec![one], Instant::now());
            assert_eq!(outcome.try_recv(), Ok(Outcome::Pending));
        }
    }
}
