//! The hub of both rails: who watches a log is told everything that becomes true in it, in order, once.
//!
//! A request passes [`routes`], or a frame [`crate::ws`]; [`boarding`] decides with [`splice`] where it begins, and makes a
//! [`reader`] of it: a socket in the [`feed`] of its log, or a place on a [`conn`] that many share, without a task of its own. The feed hears the bus, keeps the [`ring`] of recent events, and
//! writes each batch to all. Who cannot keep up, or begins far back, goes by way of [`catch_up`], at its own pace, from
//! the [`backlog`]. What is lost on the bus shows as a hole in `seq`, or to the [`sweep`], and is filled from the log.
//!
//! What is kept nowhere comes on the feed's second line and is only [`passing`].
//!
//! The framing is in [`frame`], [`framing`] and [`notice`]; the rest does not care.

mod backlog;
mod batch;
pub(crate) mod boarding;
mod catch_up;
pub(crate) mod channels;
pub mod config;
pub(crate) mod conn;
mod drain;
mod epoch;
mod feed;
mod fill;
mod frame;
pub(crate) mod framing;
mod hub;
#[cfg(test)]
mod laws;
mod live;
mod means;
mod meters;
pub(crate) mod notice;
mod passing;
pub(crate) mod reader;
mod ring;
pub mod routes;
mod seating;
mod splice;
mod sweep;
mod tail;
pub(crate) mod view;
mod watched;

use crate::config::Config;
use backlog::Backlog;
use hub::Hub;
use means::Means;
use meters::Meters;
use node::bus::Bus;
use node::postgres::Pool;
use node::stop::Stop;
use std::sync::Arc;
use subjects::seal::SealKey;

/// Everybody who reads here. Clones share it.
#[derive(Debug, Clone)]
pub struct Readers {
    hub: Arc<Hub>,
}

impl Readers {
    /// Nobody reads yet. When `stop` is asked for, everybody is sent away over the configured time.
    pub fn start(bus: Bus, pool: Pool, seal: SealKey, config: &Config, stop: &Stop) -> Self {
        let means = Means {
            backlog: Backlog::new(bus, pool, Meters::new()),
            config: config.readers.clone(),
            stop: stop.clone(),
        };
        let hub = Arc::new(Hub::new(means, seal));
        stop.spawn(sweep::tick(hub.clone()));
        stop.spawn(sweep::check(hub.clone()));
        Self { hub }
    }
}
