//! The configuration of `northstar-workers`: all of it, and the only place that reads the environment.

use crate::runtime::failpoint::Point;
use clap::{Parser, Subcommand, ValueEnum};
use node::config::{BusConfig, PostgresConfig, S3Config, TelemetryConfig};
use node::webhooks::WebhookConfig;
use secrecy::SecretString;
use std::net::SocketAddr;

/// Behind the bus: applies commands, keeps the registry, writes the database.
#[derive(Parser, Debug)]
#[command(version)]
pub struct Config {
    /// What this process is for.
    #[command(subcommand)]
    pub job: Job,
}

/// What this process is for.
#[derive(Subcommand, Debug)]
pub enum Job {
    /// Makes database, bus and bucket what this version needs. May be run again, and by several at once.
    Migrate(Box<MigrateConfig>),
    /// Works until it is told to stop.
    Run(Box<RunConfig>),
}

/// What `migrate` needs. It comes as the database's owner and as the bus's `ctl` user.
#[derive(Parser, Debug)]
pub struct MigrateConfig {
    /// The bus.
    #[command(flatten)]
    pub bus: BusConfig,
    /// The database.
    #[command(flatten)]
    pub postgres: PostgresConfig,
    /// The object store.
    #[command(flatten)]
    pub s3: S3Config,
    /// Logs and traces.
    #[command(flatten)]
    pub telemetry: TelemetryConfig,
    /// The password that the database role of the edges is given.
    #[arg(long, env = "NORTHSTAR_POSTGRES_EDGE_PASSWORD", hide_env_values = true)]
    pub postgres_edge_password: SecretString,
    /// The password that the database role of the workers is given.
    #[arg(long, env = "NORTHSTAR_POSTGRES_WORKER_PASSWORD", hide_env_values = true)]
    pub postgres_worker_password: SecretString,
    /// On how many servers the bus keeps each stream: 1, or 3 in production.
    #[arg(long, env = "NORTHSTAR_NATS_REPLICAS", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=5))]
    pub nats_replicas: u8,
}

/// What `run` needs.
#[derive(Parser, Debug)]
pub struct RunConfig {
    /// The bus.
    #[command(flatten)]
    pub bus: BusConfig,
    /// The database.
    #[command(flatten)]
    pub postgres: PostgresConfig,
    /// The object store.
    #[command(flatten)]
    pub s3: S3Config,
    /// Logs and traces.
    #[command(flatten)]
    pub telemetry: TelemetryConfig,
    /// What this worker does.
    #[arg(
        long,
        env = "NORTHSTAR_WORKERS_ROLES",
        value_delimiter = ',',
        default_value = "apply,chat,control,artifacts,graft,gates,privacy,audit"
    )]
    pub workers_roles: Vec<Role>,
    /// Where it says whether it is ready, and what it counted.
    #[arg(long, env = "NORTHSTAR_WORKERS_LISTEN", default_value = "127.0.0.1:8090")]
    pub workers_listen: SocketAddr,
    /// How much of documents it keeps in memory, in bytes.
    #[arg(long, env = "NORTHSTAR_WORKERS_DOCUMENTS_BYTES_MAX", default_value_t = 256 * 1024 * 1024)]
    pub workers_documents_bytes_max: usize,
    /// After how long without a commit or a gesture a recorded session ends by itself, in seconds.
    #[arg(long, env = "NORTHSTAR_WORKERS_GRAFT_IDLE_SECS", default_value_t = 3_600, value_parser = clap::value_parser!(u64).range(1..))]
    pub workers_graft_idle_secs: u64,
    /// How long the bytes of an upload are awaited, in seconds.
    #[arg(long, env = "NORTHSTAR_UPLOADS_KEEP_SECS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(1..=2_592_000))]
    pub uploads_keep_secs: u64,
    /// Who is asked whether proved bytes may be kept. Empty means nobody.
    #[arg(long, env = "NORTHSTAR_SCAN_URL", default_value = "")]
    pub scan_url: String,
    /// Signs the checkpoints of audit logs: 32 bytes in hex, as `northstar-audit keygen` makes them. The same on every worker of
    /// the role `audit`, which needs it.
    #[arg(long, env = "NORTHSTAR_AUDIT_KEY", hide_env_values = true, default_value = "", value_parser = crate::audit::read_key)]
    pub audit_key: SecretString,
    /// Names this deployment in checkpoints, and the key that signs them: a host, as outsiders know it.
    #[arg(long, env = "NORTHSTAR_AUDIT_ORIGIN", default_value = "northstar.local")]
    pub audit_origin: String,
    /// How webhooks are signed, and how far they go.
    #[command(flatten)]
    pub webhooks: WebhookConfig,
    /// How often an action is offered to its receiver.
    #[arg(long, env = "NORTHSTAR_WEBHOOKS_ATTEMPTS_MAX", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub webhooks_attempts_max: u32,
    /// How long a receiver may take over an action, in seconds.
    #[arg(long, env = "NORTHSTAR_WEBHOOKS_ATTEMPT_SECS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub webhooks_attempt_secs: u64,
    /// The longest pause after the first attempt, in milliseconds. It doubles with each.
    #[arg(long, env = "NORTHSTAR_WEBHOOKS_FIRST_PAUSE_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub webhooks_first_pause_ms: u64,
    /// The longest pause between two attempts, in milliseconds.
    #[arg(long, env = "NORTHSTAR_WEBHOOKS_PAUSE_MS_MAX", default_value_t = 7_200_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub webhooks_pause_ms_max: u64,
    /// For tests only: the process kills itself when a command to a canvas or thread, or about an artifact, a graft or an action,
    /// reaches this point.
    /// `after_sending` is before the acknowledgement, `after_effect` before it is known that an action was carried out.
    #[arg(long, env = "NORTHSTAR_WORKERS_DIE_AT", default_value = "never")]
    pub workers_die_at: Point,
    /// For tests only: it does so only for commands whose intent or data has this label.
    #[arg(long, env = "NORTHSTAR_WORKERS_DIE_ON_LABEL", default_value = "")]
    pub workers_die_on_label: String,
}

/// What a worker can do.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Applies commands to canvases.
    Apply,
    /// Keeps what is said in threads.
    Chat,
    /// Keeps people, tenants and the registry.
    Control,
    /// Keeps artifacts and assets.
    Artifacts,
    /// Records sessions on canvases.
    Graft,
    /// Keeps what gates decide on, decides about actions, and carries them out.
    Gates,
    /// Keeps what people want done with what is kept of them.
    Privacy,
    /// Puts what happened into each tenant's log.
    Audit,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn section<C: CommandFactory>(process: &str) -> String {
        format!("### northstar-workers {process} ###\n\n{}", node::config::example::<C>())
    }

    /// `.env.example` is made of sections like these. Where one has changed, the test says what it is now.
    #[test]
    fn the_example_documents_every_variable() {
        let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example")).unwrap();
        for section in [section::<MigrateConfig>("migrate"), section::<RunConfig>("run")] {
            assert!(file.contains(section.trim_end()), "this belongs into .env.example:\n{section}");
        }
    }
}
