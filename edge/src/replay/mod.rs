//! Replays, played back: what happened in a graft happens again for one reader, in its own time or faster.
//!
//! A [`script`] is what there is to be said, in order; [`play`] says it. The machinery of [`crate::readers`] does not fit:
//! it brings the same bytes to all who read a log as it grows, and every reader of a replay has a time of their own. What
//! they have in common is kept the same: the pass, the heartbeat, the notices, and how a stopping edge sends them away.

mod play;
pub mod route;
mod script;
mod stage;

pub(crate) use play::{Curtain, Opening};
pub use stage::Replays;
