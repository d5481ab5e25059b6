//! The gate chain: whether something may touch the world (contract section 7).
//!
//! [`decide`] is a pure function from [`Facts`] to a [`Decision`]: no I/O, no clock, no randomness. The same facts, read back
//! from the record, give the same decision, bit for bit. What is not known is refused.

mod budget;
mod chain;
mod decision;
mod facts;
mod firearms;
mod kill_switch;
mod kpi;
mod rules;
mod strategy_lock;
mod temperature;
mod words;

pub use chain::{CHAIN, Gate, decide, explain};
pub use decision::{Cause, Decision, GateCode, GateName, Outcome, Step, Via};
pub use facts::{
    Amount, Asked, Breach, Corridor, Facts, Level, Licence, Limit, Lock, LockState, Measurement, Override, Question,
    Read, Subject, SubjectKind, Switch, Target, Temperature, Term, Verdict, Window,
};
pub use kill_switch::is_stopped;
pub use rules::{LEVELS, level_needed, needs_lock};
pub use strategy_lock::strategy_lock;
pub use words::UnknownWord;
