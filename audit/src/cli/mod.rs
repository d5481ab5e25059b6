//! The parts of `northstar-audit` that speak with a server. What they are told is believed only once it is proved.

pub(crate) mod remote;
pub(crate) mod watch;
