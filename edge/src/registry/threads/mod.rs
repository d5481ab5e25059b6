//! Threads of the registry: conversations, about a canvas or not.

mod body;
pub mod list;
pub mod register;

pub use body::ThreadBody;
