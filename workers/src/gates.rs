//! The role `gates`: keeps what gates decide on. Everything that changes it comes here, one change of a tenant and env after
//! the other.

mod budget;
mod change;
mod dangerous;
mod deed;
mod kpi;
mod licences;
mod locked;
mod overrides;
mod strategy;
mod switches;
mod temperature;
mod three_wise;

use crate::actions::{self, Wake};
use crate::cause;
use crate::refused;
use crate::runtime::worker::{Delivery, Done, Failure, Worker};
use crate::store::Place;
use crate::store::gates::{Put, Taken};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use subjects::action::Act;
use subjects::answer::{Answer, Rejection};
use subjects::code::Code;
use subjects::gates::{GatesAsk, GatesGrant};
use subjects::member_command::MemberCommand;
use subjects::streams::{ConsumerSpec, gates_consumers};
use subjects::trace::TraceParent;

/// Keeps what gates decide on.
pub(crate) struct Gates {
    pool: Pool,
    wake: Wake,
}

impl Gates {
    /// Over this database. Whoever carries out actions is woken when there is one.
    pub(crate) fn new(pool: Pool, wake: Wake) -> Self {
        Self { pool, wake }
    }

    async fn act(
        &self,
        delivery: Delivery<'_, Command>,
        command: &Command,
        act: &Act,
    ) -> Result<actions::Outcome, Failure> {
        let Delivery { trace, is_redelivered, .. } = delivery;
        let asking = cause::Asking { command, trace, is_redelivered };
        let outcome = actions::act(&self.pool, &asking, act).await?;
        if outcome.is_pending() {
            self.wake.notify_one();
        }
        if let Err(rejection) = &outcome.acted {
            let resource = format!("action.{}", act.action_id);
            refused::record(&self.pool, command, &trace, ("action.decide", &resource), rejection).await?;
        }
        Ok(outcome)
    }
}

/// A command, how it came, and when it is worked on.
#[derive(Clone, Copy)]
struct Asking<'a> {
    command: &'a MemberCommand<GatesAsk>,
    trace: TraceParent,
    at: DateTime<Utc>,
}

impl<'a> Asking<'a> {
    fn place(&self) -> Place<'a> {
        self.command.into()
    }

    fn actor_id(&self) -> &'a str {
        self.command.actor.actor_id.as_str()
    }
}

type Command = MemberCommand<GatesAsk>;

/// What is said to a command.
type Said = Result<GatesGrant, Rejection>;

/// What came of a change. A refusal has changed nothing.
enum Outcome {
    /// Something is another now.
    Changed,
    /// It was so before.
    AsItWas,
    /// The domain refuses.
    Refused(Rejection),
}

impl Outcome {
    fn refused(code: Code, detail: impl Into<String>) -> Self {
        Outcome::Refused(Rejection::refused(code, detail))
    }

    /// What has a name is put down once. `what` says what has it already, where it is another.
    fn put(put: Put, what: &str) -> Self {
        match put {
            Put::New => Outcome::Changed,
            Put::Same => Outcome::AsItWas,
            Put::Other => Self::refused(Code::AlreadyExists, format!("There is {what} of this name.")),
        }
    }

    /// What is taken back stays so. `what` says what there is not, where nothing has the name.
    fn taken(taken: Taken, what: &str) -> Self {
        match taken {
            Taken::Now => Outcome::Changed,
            Taken::Before => Outcome::AsItWas,
            Taken::Never => Self::refused(Code::NotFound, format!("There is no such {what}.")),
        }
    }
}

impl Worker for Gates {
    const ROLE: &'static str = "gates";
    const ATTEMPTS_MAX: u64 = 10;
    type Command = MemberCommand<GatesAsk>;
    type Granted = GatesGrant;

    fn consumers() -> Vec<ConsumerSpec> {
        gates_consumers()
    }

    async fn handle(&self, delivery: Delivery<'_, Self::Command>) -> Result<Done<GatesGrant>, Failure> {
        let mut done = Done::answers(Vec::new());
        for command in delivery.commands {
            let asking = Asking { command, trace: delivery.trace, at: Utc::now() };
            let outcome = match &command.ask {
                GatesAsk::Change(change) => self.change(asking, change).await?,
                GatesAsk::Act(act) => {
                    let actions::Outcome { acted, events, events_again } = self.act(delivery, command, act).await?;
                    done.events.extend(events);
                    done.events_again.extend(events_again);
                    acted.map(|acted| GatesGrant::Acted(Box::new(acted)))
                }
            };
            done.answers.push(Answer { outcome, replayed: false });
        }
        Ok(done)
    }
}
