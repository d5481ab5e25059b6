//! The subcommands of `northstar-local`.

mod background;
pub(crate) mod clients;
pub(crate) mod down;
mod signals;
mod summary;
pub(crate) mod tool;
pub(crate) mod up;
pub(crate) mod with;
