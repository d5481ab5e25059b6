//! Actions: what is asked of the world is decided about, put on record, and carried out. And the gates before what workers
//! write for others: [`admit`].

mod act;
pub(crate) mod admit;
mod attempt;
mod carry;
mod retry;
mod settle;
mod told;
mod within;

pub(crate) use act::{Outcome, act};
pub(crate) use carry::{Carrier, Wake, carry};
pub(crate) use retry::Patience;
