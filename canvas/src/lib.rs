//! The canvas document: atoms, the operations on them, and the hash that proves what one holds.
//!
//! Everything here is a pure function of its arguments: no I/O, no clock, no randomness, no waiting.
//! [`apply`] is how a document changes, all or nothing; each operation is decided (may it happen,
//! what exactly would it do) and then evolved (done, which cannot fail). [`Document::state_hash`]
//! costs what the changes since it was last asked for cost, not what the document costs.

mod apply;
pub mod audit;
mod decide;
mod document;
mod evolve;
mod hash;
mod invalid;
mod invert;
pub mod limits;
mod text;
mod token;
mod tree;

pub use apply::apply;
pub use document::Document;
pub use hash::{InvalidStateHash, StateHash};
pub use invalid::{OpInvalid, Reason};
pub use invert::invert;
