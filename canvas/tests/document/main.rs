//! The document as others see it: its operations, its limits, its hash, and the laws that hold for all of them.

mod arbitrary;
mod audit;
mod command;
mod golden;
mod laws;
mod limits;
mod listing;
mod model;
mod ops;
