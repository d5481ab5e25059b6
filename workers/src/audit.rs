//! The role `audit`: what happened gets its place in the tenant's tamper-evident log, and the log is copied to the bucket.
//!
//! Everything that happens is put down in the transaction that makes it true, and waits in a queue beside it. The sequencer
//! takes it from there: one transaction for each batch, which holds the row of the log's head. That lock, and an update that
//! moves the head on only from where it was found, are the fence: a worker that was paused finds its connection's
//! transaction ended, and one that believes the log to be shorter than it is changes nothing. So there is one order, no gap,
//! and no second log that was signed. Nothing that succeeded fails because of what happens here.

mod key;
mod observed;
mod publish;
mod sequencer;
mod standing;

pub(crate) use key::{Signer, read_key};
pub(crate) use observed::Observing;
pub(crate) use publish::publish;
pub(crate) use sequencer::sequence;
pub(crate) use standing::Standing;
