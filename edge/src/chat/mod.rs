//! What is said in threads: messages that are kept, runs that begin and end, and pieces that pass.

pub mod messages;
pub mod post;
mod publish;
pub mod runs;
mod speech;

pub use publish::{PublishAsk, Published, publish};
