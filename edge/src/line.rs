//! A line to one reader who is told something at a pace of their own, over SSE: a replay, the log of audits.

use crate::access::{Due, Pass};
use crate::http::page;
use crate::readers::notice;
use node::stop::Stop;
use rand::RngExt;
use std::sync::Arc;
use std::time::Duration;
use subjects::code::Code;
use subjects::seal::SealKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, sleep, timeout};

/// How long nothing is said before a comment keeps the connection awake.
const QUIET: Duration = Duration::from_secs(15);
/// Says nothing, and keeps the connection awake.
pub(crate) const COMMENT: &str = ":\n\n";

/// The reader's side of a line: what is said to them.
#[derive(Debug)]
pub(crate) struct Line {
    /// What lets the reader read.
    pass: Arc<Pass>,
    to: OwnedWriteHalf,
    stall: Duration,
    spoke: Instant,
}

/// What is said last. Nothing when all was said, and nothing to a reader who is gone or takes nothing.
#[derive(Debug)]
pub(crate) struct Farewell(Option<String>);

impl Farewell {
    /// Nothing.
    pub(crate) const NONE: Self = Self(None);

    /// The edge stops.
    pub(crate) fn draining() -> Self {
        Self(Some(notice::draining()))
    }

    /// The reader may not go on.
    pub(crate) fn closed(code: Code, detail: &'static str) -> Self {
        Self(Some(notice::closed(code, detail)))
    }
}

impl Line {
    /// Takes a connection over. `stall` is how long a reader may take nothing. Comes with what returns when they have gone.
    pub(crate) fn open(socket: TcpStream, pass: Arc<Pass>, stall: Duration) -> (Self, impl Future<Output = ()>) {
        let (from, to) = socket.into_split();
        (Self { pass, to, stall, spoke: Instant::now() }, left(from))
    }

    /// Says it. In the middle of an event nothing else can be said: who must leave then is not told why.
    pub(crate) async fn write(&mut self, text: &str) -> Result<(), Farewell> {
        let written = timeout(self.stall, self.to.write_all(text.as_bytes()));
        tokio::select! {
            biased;
            written = written => match written {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(Farewell::NONE),
            },
            _ = self.pass.ended() => return Err(Farewell::NONE),
        }
        self.spoke = Instant::now();
        Ok(())
    }

    /// Does as the pass says.
    pub(crate) async fn heed(&mut self, due: Due) -> Result<(), Farewell> {
        match due {
            Due::Warn(expiring) => self.write(&notice::auth_expiring(&expiring)).await,
            Due::Close(ending) => Err(Farewell(Some(notice::ended(ending)))),
        }
    }

    /// When a comment is due, should nothing else be said until then.
    pub(crate) fn quiet_until(&self) -> Instant {
        self.spoke + QUIET
    }

    /// Says what is to be said last. Who takes nothing is not told either.
    pub(crate) async fn close(mut self, farewell: Farewell) {
        if let Farewell(Some(text)) = farewell {
            let _ = timeout(self.stall, self.to.write_all(text.as_bytes())).await;
        }
    }
}

/// Returns when the other side has gone. What it says is nothing to us.
async fn left(mut from: OwnedReadHalf) {
    let mut nothing = [0; 64];
    while from.read(&mut nothing).await.is_ok_and(|bytes| bytes > 0) {}
}

/// Comes when the edge stops, within `drain`: not all readers are sent away at once.
pub(crate) async fn sent_away(stop: Stop, drain: Duration) {
    stop.asked().await;
    let share: f64 = rand::rng().random_range(0.0..1.0);
    sleep(drain.mul_f64(share)).await;
}

/// Marks how far a reader has come in what they are told: nobody else can say so.
#[derive(Debug, Clone)]
pub(crate) struct Marks<const N: usize> {
    key: SealKey,
    list: [String; N],
}

impl<const N: usize> Marks<N> {
    /// Of what these words name.
    pub(crate) fn new(key: &SealKey, list: [&str; N]) -> Self {
        Self { key: key.clone(), list: list.map(str::to_owned) }
    }

    /// The mark of a place.
    pub(crate) fn seal(&self, place: u64) -> String {
        page::seal(&self.key, &self.list(), &place.to_string())
    }

    /// The place, by a mark that we made for the same.
    pub(crate) fn open(&self, mark: Option<&str>) -> Option<u64> {
        page::after(&self.key, &self.list(), mark).ok().flatten()
    }

    fn list(&self) -> [&[u8]; N] {
        self.list.each_ref().map(|word| word.as_bytes())
    }
}
