//! How much of it: limits of each tenant, counted across edges.

mod allowance;
pub mod config;
pub mod holdings;
mod rate;
pub mod rates;
mod refusal;

pub use rates::Class;
pub use refusal::AtLimit;
