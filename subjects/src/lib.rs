//! The contract in types: identifiers, routing, subjects, streams, commands, events, cursors.
//!
//! Nothing here does I/O, waits, or asks what time it is.

pub mod action;
pub mod answer;
pub mod artifact;
pub mod chat;
pub mod code;
pub mod command;
pub mod control;
pub mod cursor;
pub mod dataset_event;
pub mod document;
pub mod event;
pub mod flags;
pub mod frames;
pub mod gates;
pub mod gesture;
pub mod graft;
pub mod ids;
pub mod limits;
pub mod member_command;
pub mod money;
pub mod passing;
pub mod presence;
pub mod privacy;
pub mod revocation;
pub mod routing;
pub mod seal;
pub mod storage_key;
pub mod streams;
pub mod subject;
pub mod trace;
pub mod words;
