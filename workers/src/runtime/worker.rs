//! The one shape of a worker.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use subjects::answer::{Answer, Rejection};
use subjects::code::Code;
use subjects::routing::StreamKey;
use subjects::streams::ConsumerSpec;
use subjects::subject::Subject;
use subjects::trace::TraceParent;

/// A role behind the bus. It takes commands, makes what they ask for durable, and says what is to be sent. It
/// never touches the bus and never settles.
pub(crate) trait Worker: Send + Sync + 'static {
    /// Its name in metrics, logs and dead letters.
    const ROLE: &'static str;
    /// After how many deliveries a command that goes on failing is put aside.
    const ATTEMPTS_MAX: u64;
    /// How long it may take over one message, with all that it must load for it.
    const HANDLE_SECS: u64 = 120;
    /// What it is asked.
    type Command: Serialize + DeserializeOwned + Send + Sync;
    /// What it answers when it did it.
    type Granted: Serialize + Send + Sync;

    /// What it takes. Every process of the role pulls all of them.
    fn consumers() -> Vec<ConsumerSpec>;

    /// Does what is asked, durably. Run twice with the same commands, it changes nothing the second time, and
    /// returns the same.
    fn handle(
        &self,
        delivery: Delivery<'_, Self::Command>,
    ) -> impl Future<Output = Result<Done<Self::Granted>, Failure>> + Send;
}

/// Commands of one stream key, in order. Each is judged on its own.
#[derive(Debug)]
pub(crate) struct Delivery<'a, C> {
    /// Where they came in.
    pub(crate) subject: &'a Subject,
    /// At least one.
    pub(crate) commands: &'a [C],
    /// The span of this delivery.
    pub(crate) trace: TraceParent,
    /// Whether somebody may have worked on them before.
    pub(crate) is_redelivered: bool,
}

// Derived, these would ask the same of `C`.
impl<C> Clone for Delivery<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C> Copy for Delivery<'_, C> {}

/// What was done, durably, and what is to be sent because of it.
#[derive(Debug)]
pub(crate) struct Done<G> {
    /// One for each command, in order.
    pub(crate) answers: Vec<Answer<G>>,
    /// What this made true.
    pub(crate) events: Vec<Logged>,
    /// What an earlier delivery of the same commands made true, and perhaps did not send.
    pub(crate) events_again: Vec<Logged>,
    /// On core NATS: whoever listens now. They are sent before the answers.
    pub(crate) notices: Vec<Notice>,
}

/// A message to whoever listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// Where it goes.
    pub(crate) subject: Subject,
    /// What there is to say beside; perhaps nothing.
    pub(crate) body: Bytes,
}

impl Notice {
    /// Its subject says it all.
    pub(crate) fn bare(subject: Subject) -> Self {
        Self { subject, body: Bytes::new() }
    }
}

impl<G> Done<G> {
    /// Answers, and nothing else to be sent.
    pub(crate) fn answers(answers: Vec<Answer<G>>) -> Self {
        Self { answers, events: Vec::new(), events_again: Vec::new(), notices: Vec::new() }
    }

    /// The answers to so many commands to a log that there is not.
    pub(crate) fn not_registered(commands: usize, detail: &str) -> Self {
        let refused = || Answer { outcome: Err(Rejection::refused(Code::NotFound, detail)), replayed: false };
        Self::answers(std::iter::repeat_with(refused).take(commands).collect())
    }
}

/// A truth event as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logged {
    /// Whose log.
    pub(crate) key: StreamKey,
    /// Its place there.
    pub(crate) seq: u64,
    /// The StreamEvent as JSON, on one line.
    pub(crate) json: String,
}

/// The work did not get done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It may get done the next time.
    #[error("it did not work this time")]
    Transient(#[source] anyhow::Error),
    /// It will never get done.
    #[error("it will never work")]
    Poison(#[source] anyhow::Error),
    /// The database is away, or the object store. Whatever was accepted waits until it is back.
    #[error("what is needed is away")]
    Unavailable(#[source] anyhow::Error),
}
