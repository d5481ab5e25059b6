//! Any bytes, read as a command, leave a document that hashes and lists as it should.
//!
//! `cargo +nightly fuzz run command`. The tests of `canvas` ask the same of fewer bytes.
#![no_main]

#[path = "../../canvas/tests/document/command.rs"]
mod command;
#[path = "../../canvas/tests/document/model.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| command::holds_for(bytes));
