//! How much of it each tenant may, as configured.

use crate::limits::Class;

/// How much of it.
#[derive(clap::Args, Clone, Debug)]
pub struct LimitsConfig {
    /// Commands a tenant may send per second, over all edges.
    #[arg(long, env = "NORTHSTAR_COMMANDS_PER_SECOND", default_value_t = 100, value_parser = at_most_a_million())]
    pub commands_per_second: u32,
    /// Commands a tenant may send at once after a rest, over all edges.
    #[arg(long, env = "NORTHSTAR_COMMANDS_BURST", default_value_t = 200, value_parser = at_most_a_million())]
    pub commands_burst: u32,
    /// Messages a tenant may send to its threads per second, over all edges.
    #[arg(long, env = "NORTHSTAR_MESSAGES_PER_SECOND", default_value_t = 200, value_parser = at_most_a_million())]
    pub messages_per_second: u32,
    /// Messages a tenant may send at once after a rest, over all edges.
    #[arg(long, env = "NORTHSTAR_MESSAGES_BURST", default_value_t = 400, value_parser = at_most_a_million())]
    pub messages_burst: u32,
    /// Gestures a tenant may send per second, over all edges.
    #[arg(long, env = "NORTHSTAR_GESTURES_PER_SECOND", default_value_t = 2_000, value_parser = at_most_a_million())]
    pub gestures_per_second: u32,
    /// Gestures a tenant may send at once after a rest, over all edges.
    #[arg(long, env = "NORTHSTAR_GESTURES_BURST", default_value_t = 4_000, value_parser = at_most_a_million())]
    pub gestures_burst: u32,
    /// Streams and sockets a tenant may hold open, over all edges.
    #[arg(long, env = "NORTHSTAR_CONNECTIONS_PER_TENANT", default_value_t = 20_000)]
    pub connections_per_tenant: u32,
    /// Subscriptions a tenant may hold on its sockets, over all edges.
    #[arg(long, env = "NORTHSTAR_SUBSCRIPTIONS_PER_TENANT", default_value_t = 200_000)]
    pub subscriptions_per_tenant: u32,
    /// How many edges there are, about: while the database does not answer, each takes its share of a limit.
    #[arg(long, env = "NORTHSTAR_EDGES", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub edges: u32,
}

/// What a tenant may do of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// In a second.
    pub per_second: u32,
    /// At once after a rest.
    pub burst: u32,
}

impl LimitsConfig {
    /// What a tenant may do of a class, over all edges.
    pub fn quota(&self, class: Class) -> Quota {
        let (per_second, burst) = match class {
            Class::Commands => (self.commands_per_second, self.commands_burst),
            Class::Messages => (self.messages_per_second, self.messages_burst),
            Class::Gestures => (self.gestures_per_second, self.gestures_burst),
        };
        Quota { per_second, burst }
    }
}

fn at_most_a_million() -> impl clap::builder::TypedValueParser<Value = u32> {
    clap::value_parser!(u32).range(1..=1_000_000)
}
