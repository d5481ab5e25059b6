//! What others saw happen, without a transaction of their own, is put down like everything else.

use crate::runtime::worker::{Delivery, Done, Failure, Worker};
use crate::store::Place;
use crate::store::dataset_events::{self, Recorded};
use crate::store::transaction::on_pool;
use anyhow::anyhow;
use node::postgres::Pool;
use subjects::answer::Answer;
use subjects::dataset_event::Observed;
use subjects::streams::{ConsumerSpec, audit_consumers};
use subjects::subject::Subject;

/// Puts down what others saw.
pub(crate) struct Observing {
    pool: Pool,
}

impl Observing {
    /// Into this database.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }
}

impl Worker for Observing {
    const ROLE: &'static str = "audit";
    const ATTEMPTS_MAX: u64 = 10;
    type Command = Observed;
    type Granted = ();

    fn consumers() -> Vec<ConsumerSpec> {
        audit_consumers()
    }

    async fn handle(&self, delivery: Delivery<'_, Observed>) -> Result<Done<()>, Failure> {
        let Subject::Audit { tenant_id, env } = delivery.subject else {
            return Err(Failure::Poison(anyhow!("{} is no audit", delivery.subject)));
        };
        let events: Vec<_> = delivery.commands.iter().cloned().map(Recorded::observed).collect();
        let client = on_pool(&self.pool, tenant_id).await?;
        dataset_events::record_all(&client, Place { tenant_id, env: *env }, &events).await?;
        let answers = events.iter().map(|_| Answer { outcome: Ok(()), replayed: false }).collect();
        Ok(Done::answers(answers))
    }
}
