//! Who may stay: what lets an open stream stay open, for how long, and what ends it.
//!
//! Every stream of either rail holds a [`Pass`], which [`open`] gives it. A pass says what the bearer may do now, and
//! when something is due: a warning before the token ends, or the end.

mod denied;
mod ending;
mod feed;
mod open;
mod pass;
mod passes;
mod renew;
mod revocations;
pub mod routes;
pub mod ticket;

pub use ending::Ending;
pub use open::{Opening, Resumes, open};
pub use pass::{Due, Expiring, Pass, Rail, Wake};
pub use passes::Passes;
pub use renew::{answer_others, renew};
pub use revocations::Revocations;
