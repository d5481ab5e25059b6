//! The transaction in which something is decided or ends: it holds the head of the log that the routing names, if it names one.

use crate::runtime::worker::{Failure, Logged};
use crate::store::append::{self, Append, Entries, NewEvent, Opened};
use crate::store::transaction::Transaction;
use crate::store::{Client, Place};
use node::postgres::Pool;
use subjects::routing::{RoutingKeys, StreamKey};
use subjects::trace::TraceParent;

/// An open transaction. Dropped unfinished, it changes nothing.
pub(super) enum Within {
    /// It holds a log's head, which stands here.
    Log(Box<Append>, u64),
    /// Nobody reads of it.
    Alone(Box<Transaction>),
}

/// The log that is told: of the thread that is named, or else of the canvas.
pub(super) fn log_of(place: Place<'_>, keys: &RoutingKeys) -> Option<StreamKey> {
    let (tenant_id, env) = (place.tenant_id.clone(), place.env);
    match (&keys.thread_id, &keys.canvas_id) {
        (Some(thread_id), _) => Some(StreamKey::thread(tenant_id, env, thread_id.clone())),
        (None, Some(canvas_id)) => Some(StreamKey::canvas(tenant_id, env, canvas_id.clone())),
        (None, None) => None,
    }
}

impl Within {
    /// Opens it. The head is locked first, as by everybody who appends. None where there is no such log.
    pub(super) async fn open(
        pool: &Pool,
        place: Place<'_>,
        key: Option<&StreamKey>,
        trace: &TraceParent,
    ) -> Result<Option<Self>, Failure> {
        let Some(key) = key else {
            return Ok(Some(Within::Alone(Box::new(Transaction::begin(pool, place.tenant_id).await?))));
        };
        let Opened { append, head, .. } = append::open(pool, key, trace, &[], append::NO_COMMITS).await?;
        match head {
            Some(head) => Ok(Some(Within::Log(Box::new(append), head.seq))),
            None => {
                append.abandon().await?;
                Ok(None)
            }
        }
    }

    /// What it is asked with.
    pub(super) fn client(&self) -> &Client {
        match self {
            Within::Log(append, _) => append,
            Within::Alone(transaction) => transaction,
        }
    }

    /// The log and the next place in it, where readers are told.
    pub(super) fn next(&self) -> Option<(&StreamKey, u64)> {
        match self {
            Within::Log(append, seq) => Some((append.key(), seq + 1)),
            Within::Alone(_) => None,
        }
    }

    /// Makes it durable, with what readers are told. Returns that.
    pub(super) async fn commit(self, event: Option<NewEvent>) -> Result<Vec<Logged>, Failure> {
        match self {
            Within::Log(append, _) => {
                let key = append.key().clone();
                let entries = Entries { events: event.into_iter().collect(), ..Entries::default() };
                append.commit(&entries).await?;
                Ok(entries.logged(&key))
            }
            Within::Alone(transaction) => {
                transaction.commit().await?;
                Ok(Vec::new())
            }
        }
    }

    /// Ends it without having changed anything.
    pub(super) async fn abandon(self) -> Result<(), Failure> {
        match self {
            Within::Log(append, _) => append.abandon().await,
            Within::Alone(transaction) => transaction.rollback().await,
        }
    }
}
