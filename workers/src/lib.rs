//! Behind the bus: the only writer of PostgreSQL. Each role is a `Worker` that says what is to be sent; the runtime
//! pulls, sends and settles.

mod apply;
pub mod config;
mod control;
pub mod migrate;
pub mod run;
mod runtime;
mod store;
