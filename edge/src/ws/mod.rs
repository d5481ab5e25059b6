//! The WebSocket rail: one socket, many subscriptions, and frames both ways.
//!
//! A request passes [`routes`] and the [`handshake`], and becomes a [`session`]: the one task of the connection. It hears
//! frames by [`ear`], has them done in [`asks`], each in the order of its canvas or thread, by [`deeds`], and answers each. Events
//! do not pass through it: every subscription is a reader of [`crate::readers`], which writes to the socket by itself. Why
//! a connection ends is a closed list, in [`close`].

mod asks;
mod close;
mod deeds;
mod ear;
mod handshake;
pub mod routes;
mod session;
mod subscribing;
