//! The role `audit`: what happened gets its place in each tenant's log.

mod observed;

pub(crate) use observed::Observing;
