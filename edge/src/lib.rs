//! In front of the bus: HTTP, Server-Sent Events, identity, context, limits. Reads Postgres, never writes it.
//!
//! The edge holds no truth: what changes something is published to the bus and answered by a worker. Kill any edge
//! and nothing is lost.

pub mod access;
pub mod actions;
pub mod artifacts;
pub mod audit;
pub mod chat;
pub mod command;
pub mod config;
pub mod context;
pub mod document;
pub mod error;
pub mod flags;
pub mod gates;
pub mod gesture;
pub mod graft;
pub mod http;
pub mod identity;
pub mod limits;
mod line;
pub mod passing;
pub mod presence;
pub mod privacy;
pub mod queries;
pub mod readers;
pub mod refusals;
pub mod registry;
pub mod replay;
pub mod road;
pub mod serve;
pub mod state;
pub mod ws;
