//! How much a tenant may do per second of each class, over all edges.

use crate::error::ApiError;
use crate::limits::config::LimitsConfig;
use crate::limits::rate::Rate;
use node::postgres::Pool;
use subjects::ids::TenantId;

/// What is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Commands to canvases.
    Commands,
    /// Messages to threads.
    Messages,
    /// Gestures.
    Gestures,
}

impl Class {
    /// Its name, in the database and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Commands => "commands",
            Class::Messages => "messages",
            Class::Gestures => "gestures",
        }
    }
}

/// Grants each tenant what it may do per second.
#[derive(Debug)]
pub struct Rates {
    commands: Rate,
    messages: Rate,
    gestures: Rate,
}

impl Rates {
    /// The limits of the configuration.
    pub fn new(pool: &Pool, config: &LimitsConfig) -> Self {
        let rate = |class| Rate::new(pool.clone(), class, config.quota(class), config.edges);
        Self { commands: rate(Class::Commands), messages: rate(Class::Messages), gestures: rate(Class::Gestures) }
    }

    /// Takes one of the tenant's. Refused, nothing is to be done.
    pub async fn take(&self, tenant_id: &TenantId, class: Class) -> Result<(), ApiError> {
        self.of(class).take(tenant_id).await
    }

    /// Refuses a tenant that is known to be at its limit, before any work is spent on what it sent. Takes nothing.
    pub async fn check(&self, tenant_id: &TenantId, class: Class) -> Result<(), ApiError> {
        self.of(class).check(tenant_id).await
    }

    fn of(&self, class: Class) -> &Rate {
        match class {
            Class::Commands => &self.commands,
            Class::Messages => &self.messages,
            Class::Gestures => &self.gestures,
        }
    }
}
