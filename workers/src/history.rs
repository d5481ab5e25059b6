//! A canvas from what is kept of it: its snapshots, and its log.

mod canvas;
mod load;

pub(crate) use canvas::{Canvas, read};
pub(crate) use load::Loader;
