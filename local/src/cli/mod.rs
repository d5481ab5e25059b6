//! The subcommands of `northstar-local`.

mod background;
pub(crate) mod down;
pub(crate) mod packages;
mod signals;
mod summary;
pub(crate) mod tool;
pub(crate) mod up;
pub(crate) mod with;
