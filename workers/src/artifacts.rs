//! The role `artifacts`: what is kept of bytes, once it is proved.

pub(crate) mod made;
pub(crate) mod written;
