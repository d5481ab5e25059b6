//! Feature flags: which hold, who is told when they change, and how they are read and set.

mod in_force;
mod lately;

pub use in_force::{Change, InForce};
