//! The words in which the flows are told: a world, people, their canvases, readers, and what they see.
//!
//! Everything is asked over HTTP, as a front end would; only where a flow breaks something, or proves that nothing is
//! left over, does it reach for the bus, the database or the object store. Nothing here waits without a deadline.

mod ask;
mod block;
mod bus;
mod canvas;
mod catalogue;
pub mod claims;
mod client;
mod collector;
mod crowd;
mod database;
mod draft;
mod follower;
mod forge;
mod hash;
mod issuer;
mod objects;
mod onlooker;
pub mod ops;
mod page;
mod person;
mod program;
mod reader;
mod replica;
mod reply;
mod rows;
mod slow;
mod socket;
mod thread;
mod until;
mod watch;
mod world;
mod writer;

pub use ask::{Ask, Edge};
pub use block::Block;
pub use bus::Bus;
pub use canvas::Canvas;
pub use client::Client;
pub use collector::Collector;
pub use crowd::{Crowd, Shift, Tally};
pub use draft::{Draft, draft};
pub use follower::Follower;
pub use forge::Forger;
pub use hash::state_hash;
pub use issuer::{Issuer, SigningKey};
pub use onlooker::Onlooker;
pub use page::Page;
pub use person::Person;
pub use program::{Ended, Program};
pub use reader::{Event, Reader};
pub use replica::Replica;
pub use reply::Reply;
pub use rows::{Commit, DocumentBody};
pub use slow::SlowSockets;
pub use socket::{Dial, Refused, Socket};
pub use thread::Thread;
pub use until::{Patience, SOON, until, until_within, within};
pub use watch::Watch;
pub use world::World;
pub use writer::{Acked, Writer};
