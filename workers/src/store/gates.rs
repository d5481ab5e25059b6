//! What gates decide on, as it is kept.

pub(crate) mod answers;
pub(crate) mod locks;
pub(crate) mod switches;
