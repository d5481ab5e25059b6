//! Behind the bus: the only writer of PostgreSQL. Each role is a `Worker` that says what is to be sent; the runtime
//! pulls, sends and settles.

mod actions;
mod apply;
mod artifacts;
mod audit;
mod cause;
mod chat;
pub mod config;
mod control;
mod gates;
mod graft;
mod history;
mod ledger;
pub mod migrate;
mod privacy;
mod refused;
pub mod run;
mod runtime;
mod size;
mod store;
