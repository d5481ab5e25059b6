//! What is kept of bytes: artifacts of canvases, and assets. One machinery for all of them: bytes are promised, brought to S3 by
//! the client itself, and registered.

mod access;
pub mod audits;
mod body;
mod keep;
pub mod lineage;
pub mod list;
pub mod media;
mod promised;
pub mod raw;
pub mod read;
pub mod register;
pub mod write;
