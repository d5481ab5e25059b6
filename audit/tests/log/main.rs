//! A log as outsiders meet it: roots and proofs beside another implementation, tampering, and the command.

mod command;
mod differential;
mod sample;
mod tampering;
mod tiles;
mod watching;
