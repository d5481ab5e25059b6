//! Who is on a canvas or thread: people and agents, each with their sessions, as all edges see it within a second.
//!
//! Nothing of it is kept. Each edge knows who is here through it and tells the others ([`own`]), believes what they
//! tell ([`others`]) for as long as their pulse is heard ([`living`]), and tells its readers what changed ([`people`]).
//! [`roster`] decides all that for one canvas or thread, from what happens and the time; [`room`] is the task that acts
//! on it, for as long as somebody here is present or wants to know who is.

mod event;
#[cfg(test)]
mod laws;
mod living;
mod others;
mod own;
mod people;
mod pulse;
mod room;
mod rooms;
mod roster;
mod stays;

pub use rooms::{Attendance, Presence, Tell};
pub use stays::Stays;
