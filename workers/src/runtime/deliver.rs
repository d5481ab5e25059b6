//! One delivery: from the message to its settlement.

use crate::runtime::Runtime;
use crate::runtime::dead::GivenUp;
use crate::runtime::decode::{Decoded, decode};
use crate::runtime::failpoint::Point;
use crate::runtime::send::{self, Outgoing};
use crate::runtime::settle::{self, Scope, Settlement};
use crate::runtime::worker::{Delivery, Done, Failure, Worker};
use anyhow::anyhow;
use async_nats::jetstream::{AckKind, Message};
use bytes::Bytes;
use futures_util::FutureExt;
use node::health::one_line;
use serde_json::value::RawValue;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant, SystemTime};
use subjects::answer::{Answer, Answers, Rejection};
use subjects::command::Batch;
use subjects::subject::{Subject, header};
use subjects::trace::TraceParent;

/// A redelivery may only mean that a worker died.
const ATTEMPTS_TOGETHER: u64 = 2;
/// The pauses between two attempts while what is needed is away.
const WAIT_MS_MIN: u64 = 50;
const WAIT_MS_MAX: u64 = 2_000;

/// Works on the message, sends what comes of it, and says how to settle it.
pub(crate) async fn deliver<W: Worker>(runtime: &Runtime, worker: &W, message: &Message) -> AckKind {
    let started = Instant::now();
    let attempt = message.info().map_or(1, |info| {
        let queued = SystemTime::now().duration_since(info.published.into());
        measure::<W>("queued", queued.unwrap_or_default());
        info.delivered.unsigned_abs()
    });
    let trace = node::telemetry::current();
    let course = Course { runtime, worker, message, trace, attempt };
    let settlement = match message.subject.parse() {
        Ok(subject) => course.run(&subject).await,
        Err(error) => course.give_up(&Failure::Poison(anyhow::Error::new(error))).await,
    };
    measure::<W>("total", started.elapsed());
    settlement
}

fn measure<W: Worker>(stage: &'static str, took: Duration) {
    metrics::histogram!("northstar_command_stage_seconds", "role" => W::ROLE, "stage" => stage).record(took);
}

struct Course<'a, W> {
    runtime: &'a Runtime,
    worker: &'a W,
    message: &'a Message,
    trace: TraceParent,
    attempt: u64,
}

/// Commands that are worked on in one transaction.
struct Unit<'a, C> {
    /// The first one's place in the message.
    place: usize,
    raw: Vec<&'a RawValue>,
    commands: Result<Vec<C>, Failure>,
}

/// The message comes again.
struct Back;

impl<W: Worker> Course<'_, W> {
    async fn run(&self, subject: &Subject) -> AckKind {
        let decoded = match decode(&self.message.payload) {
            Ok(decoded) => decoded,
            Err(failure) => return self.give_up(&failure).await,
        };
        let mut dones = Vec::new();
        for unit in units(decoded, self.attempt) {
            match self.finish(subject, unit).await {
                Ok(done) => dones.push(done),
                Err(Back) => return AckKind::Nak(None),
            }
        }
        self.send(dones).await
    }

    /// Puts the whole message aside.
    async fn give_up(&self, failure: &Failure) -> AckKind {
        match self.bury(0, self.message.payload.clone(), failure).await {
            Ok(()) => {}
            Err(Back) => return AckKind::Nak(None),
        }
        match self.send(vec![buried(1)]).await {
            AckKind::Ack => AckKind::Term,
            other => other,
        }
    }

    /// Brings the unit to an end: done, or among the dead letters.
    async fn finish(&self, subject: &Subject, unit: Unit<'_, W::Command>) -> Result<Done<W::Granted>, Back> {
        let commands = match unit.commands {
            Ok(commands) => commands,
            Err(failure) => return self.put_aside(unit.place, &unit.raw, &failure).await,
        };
        let is_redelivered = self.attempt > 1;
        let delivery = Delivery { subject, commands: &commands, trace: self.trace, is_redelivered };
        let mut pause = Duration::from_millis(WAIT_MS_MIN);
        loop {
            let outcome = self.handle(delivery).await;
            let failure = match outcome {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            let scope = if commands.len() > 1 { Scope::Batch } else { Scope::Single };
            match settle::decide(&failure, scope, self.attempt, W::ATTEMPTS_MAX) {
                Settlement::Retry => return Err(self.retry(&failure)),
                Settlement::Wait => self.wait(&failure, &mut pause).await?,
                Settlement::DeadLetter => return self.put_aside(unit.place, &unit.raw, &failure).await,
            }
        }
    }

    /// Asks the worker: bounded in time, and whatever it does.
    async fn handle(&self, delivery: Delivery<'_, W::Command>) -> Result<Done<W::Granted>, Failure> {
        self.die_at(Point::BeforeTransaction).await;
        let work = AssertUnwindSafe(self.worker.handle(delivery)).catch_unwind();
        let outcome = match tokio::time::timeout(Duration::from_secs(W::HANDLE_SECS), work).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panic)) => Err(Failure::Transient(anyhow!("the worker panicked"))),
            Err(_) => Err(self.overdue().await),
        };
        if outcome.is_ok() {
            self.die_at(Point::AfterTransaction).await;
        }
        outcome
    }

    async fn overdue(&self) -> Failure {
        let overdue = anyhow!("not done within {} s", W::HANDLE_SECS);
        match node::postgres::ping(&self.runtime.pool).await {
            Ok(()) => Failure::Transient(overdue),
            Err(problem) => Failure::Unavailable(overdue.context(problem)),
        }
    }

    fn retry(&self, failure: &Failure) -> Back {
        metrics::counter!("northstar_retries_total", "role" => W::ROLE).increment(1);
        tracing::warn!(attempt = self.attempt, cause = one_line(failure), "comes again");
        Back
    }

    /// Waits, longer each time, and until the database is there; or gives the message back because we stop. Whether the
    /// object store is there the next attempt finds out.
    async fn wait(&self, failure: &Failure, pause: &mut Duration) -> Result<(), Back> {
        tracing::warn!(cause = one_line(failure), "waits for what is away");
        loop {
            tokio::select! {
                () = self.runtime.stop.asked() => return Err(Back),
                () = tokio::time::sleep(*pause) => {}
            }
            *pause = (*pause * 2).min(Duration::from_millis(WAIT_MS_MAX));
            if node::postgres::ping(&self.runtime.pool).await.is_ok() {
                return Ok(());
            }
        }
    }

    async fn put_aside(&self, place: usize, raw: &[&RawValue], failure: &Failure) -> Result<Done<W::Granted>, Back> {
        let batch = Batch { commands: raw.to_vec() };
        let body = serde_json::to_vec(&batch).expect("what was JSON is JSON");
        self.bury(place, body.into(), failure).await?;
        Ok(buried(raw.len()))
    }

    async fn bury(&self, place: usize, body: Bytes, failure: &Failure) -> Result<(), Back> {
        let cause = one_line(failure);
        let given_up = GivenUp { role: W::ROLE, message: self.message, place };
        let observed = given_up.observed(&body, &self.trace);
        for packet in std::iter::once(given_up.letter(body, &cause)).chain(observed) {
            send::send_one(&self.runtime.bus, &packet).await.map_err(|_| Back)?;
        }
        metrics::counter!("northstar_dead_letters_total", "role" => W::ROLE).increment(1);
        tracing::error!(place, attempt = self.attempt, cause, "put aside among the dead letters");
        Ok(())
    }

    /// Sends all that came of the message. What JetStream did not take is sent again when the message comes again.
    async fn send(&self, dones: Vec<Done<W::Granted>>) -> AckKind {
        let started = Instant::now();
        let (mut answers, mut events, mut again, mut notices) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for done in dones {
            answers.extend(done.answers);
            events.extend(done.events);
            again.extend(done.events_again);
            notices.extend(done.notices);
        }
        // However they were worked on, the same events make the same messages: JetStream drops what it has.
        let packets = send::pack(&again, &self.trace).into_iter().chain(send::pack(&events, &self.trace)).collect();
        let reply_to = self.message.headers.as_ref().and_then(|headers| headers.get(header::REPLY_TO));
        let body = serde_json::to_vec(&Answers { answers }).expect("answers are JSON");
        let answer = reply_to.map(|reply_to| (reply_to.to_string(), body.into()));
        let sent = send::send(&self.runtime.bus, Outgoing { packets, answer, notices }).await;
        measure::<W>("send", started.elapsed());
        self.die_at(Point::AfterSending).await;
        match sent {
            Ok(()) => AckKind::Ack,
            Err(unsent) => {
                tracing::warn!(cause = one_line(&unsent), "comes again");
                AckKind::Nak(None)
            }
        }
    }

    async fn die_at(&self, point: Point) {
        if self.runtime.failpoint.is_at(point, self.message.subject.as_str(), &self.message.payload) {
            let flushed = self.runtime.bus.client.flush().await;
            tracing::error!(?point, is_flushed = flushed.is_ok(), "dies, as the test asks");
            std::process::abort();
        }
    }
}

/// At first all commands go together; when that goes on failing one by one, so that only the poisoned one is lost.
fn units<C>(decoded: Vec<Decoded<'_, C>>, attempt: u64) -> Vec<Unit<'_, C>> {
    let is_whole = attempt <= ATTEMPTS_TOGETHER && decoded.iter().all(|it| it.command.is_ok());
    if is_whole {
        let raw = decoded.iter().map(|it| it.raw).collect();
        let commands = decoded.into_iter().map(|it| it.command).collect();
        return vec![Unit { place: 0, raw, commands }];
    }
    decoded.into_iter().enumerate().map(|(place, it)| single(place, it)).collect()
}

fn single<C>(place: usize, it: Decoded<'_, C>) -> Unit<'_, C> {
    Unit { place, raw: vec![it.raw], commands: it.command.map(|command| vec![command]) }
}

fn buried<G>(commands: usize) -> Done<G> {
    let answer = || Answer { outcome: Err(Rejection::DeadLettered), replayed: false };
    Done::answers(std::iter::repeat_with(answer).take(commands).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_together() {
        let check = |body: &str, attempt, expected: &[usize]| {
            let units = units(decode::<u8>(body.as_bytes()).unwrap(), attempt);
            assert_eq!(units.iter().map(|unit| unit.raw.len()).collect::<Vec<_>>(), expected, "{body} {attempt}");
            assert!(units.iter().enumerate().all(|(place, unit)| unit.place == place));
        };
        check(r#"{"commands":[1,2,3]}"#, 1, &[3]);
        check(r#"{"commands":[1,2,3]}"#, 2, &[3]);
        check(r#"{"commands":[1,2,3]}"#, 3, &[1, 1, 1]);
        check(r#"{"commands":[1,"x",3]}"#, 1, &[1, 1, 1]);
        check(r#"{"commands":[1]}"#, 1, &[1]);
    }
}
