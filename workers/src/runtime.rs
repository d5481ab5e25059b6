//! What runs every worker: it pulls, hands over, sends what comes back, and settles. Nothing else touches the bus.

pub(crate) mod backlog;
mod consume;
mod dead;
mod decode;
mod deliver;
pub(crate) mod failpoint;
pub(crate) mod gestures;
pub(crate) mod pulse;
mod send;
mod settle;
pub(crate) mod worker;

use crate::runtime::failpoint::Failpoint;
use crate::runtime::send::{Outgoing, Unsent};
use crate::runtime::worker::{Logged, Notice, Worker};
use node::bus::Bus;
use node::postgres::Pool;
use node::stop::Stop;
use std::sync::Arc;
use subjects::trace::TraceParent;

/// What the runtime works with. Clones share it.
#[derive(Clone)]
pub(crate) struct Runtime {
    /// The bus.
    pub(crate) bus: Bus,
    /// The database: only to ask whether it is there.
    pub(crate) pool: Pool,
    /// When to stop.
    pub(crate) stop: Stop,
    /// Where to die, in tests.
    pub(crate) failpoint: Arc<Failpoint>,
}

impl Runtime {
    /// Tells readers what came true without a command: events, and notices to whoever listens.
    pub(crate) async fn tell(
        &self,
        events: &[Logged],
        notices: Vec<Notice>,
        trace: &TraceParent,
    ) -> Result<(), Unsent> {
        let packets = send::pack(events, trace);
        send::send(&self.bus, Outgoing { packets, answer: None, notices }).await
    }

    /// Starts one task for each consumer of the worker. They end when stop is asked.
    pub(crate) fn start<W: Worker>(&self, worker: W) {
        let worker = Arc::new(worker);
        for spec in W::consumers() {
            let (runtime, worker) = (self.clone(), worker.clone());
            self.stop.spawn(async move { consume::run(&runtime, worker.as_ref(), &spec).await });
        }
    }
}
