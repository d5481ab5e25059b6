//! Readers by the thousand: one process with one epoll loop, and how the run talks to it.

pub(crate) mod fleet;
pub(crate) mod process;
mod protocol;
mod reader;
mod tally;

pub(crate) use process::Readers;
pub(crate) use protocol::{Group, Rail, Report};
