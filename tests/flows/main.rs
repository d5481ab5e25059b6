//! The flows: what people, agents and front ends do with the rails, told against a stack of real processes.
//!
//! Each flow makes its own tenants, so that all can run at once. Those that break something have a stack of their own
//! and stand in modules called `private_…`, which the runner lets run two at a time.

mod chat;
mod chat_rails;
mod commands;
mod configuration;
mod context;
mod documents;
mod expiring;
mod flags;
mod gestures;
mod idempotency;
mod identity;
mod isolation;
mod isolation_matrix;
mod isolation_of_routes;
mod limits;
mod members;
mod ofrep;
mod openfeature;
mod operating;
mod ordinary;
mod poison;
mod presence;
mod private_browser;
mod private_chaos;
mod private_chat;
mod private_drain;
mod private_flags;
mod private_limits;
mod private_oidc;
mod private_presence;
mod private_revocation;
mod private_servers;
mod private_sockets;
mod private_tracing;
mod private_workers;
mod readers;
mod registry;
mod rejections;
mod resuming;
mod revoking;
mod runs;
mod slow;
mod snapshots;
mod sockets;
mod sockets_of_others;
mod threads;
mod tickets;
mod tokens;
mod tracing;
mod walls;
