//! The baseline of fan-out: a bare epoll writer, as a process of its own.

mod connection;
mod process;
pub(crate) mod writer;

pub(crate) use process::BareWriter;
