//! How much of it: limits of each tenant, counted across edges.

mod allowance;
pub mod connections;
pub mod rate;
