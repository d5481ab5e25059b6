//! What every process of the rails does: read its configuration, log, trace, count, connect, serve HTTP, say
//! whether it is ready, and stop in order.

pub mod bus;
pub mod config;
pub mod egress;
pub mod health;
pub mod http;
pub mod metrics;
pub mod postgres;
pub mod process;
pub mod s3;
pub mod stop;
pub mod telemetry;
pub mod webhooks;
