//! Feature flags: which hold, who is told when they change, and how they are read and set.

mod announce;
mod body;
mod in_force;
mod lately;
pub mod list;
pub mod ofrep;
pub mod rails;
mod schema;
pub mod set;

pub use in_force::{Change, InForce};
