//! The stack on one machine: nats-server, PostgreSQL and S3 as children on loopback ports, then edges and workers.
//!
//! [`Stack::start`] brings it up and [`Drop`] takes it down; in between a test may kill, stop, pause and start any
//! [`Service`] of it. [`StackInfo::shared`] and [`Access::shared`] read the stack that `./dev test` runs for everyone.

mod access;
mod bus;
mod child;
#[cfg(test)]
mod compose;
mod config;
mod demo;
mod env;
pub mod exec_child;
mod files;
mod info;
mod inner;
mod install;
mod launches;
mod owner;
mod ports;
mod postgres;
mod progress;
mod ready;
pub mod s3;
mod secrets;
mod slots;
mod stack;
mod supervise;
mod tools;

pub use access::Access;
pub use bus::connect_bus;
pub use config::{Migration, Restart, Service, StackConfig};
pub use demo::Demo;
pub use files::{DEMO_HEADERS_FILE, STACK_FILE};
pub use info::{EdgeInfo, S3Info, ServerInfo, StackInfo, WorkerInfo};
pub use install::{CargoTool, cargo_tool, node_packages, python_packages};
pub use owner::{owner, reset};
pub use progress::Progress;
pub use stack::Stack;
pub use tools::Tools;
