//! `northstar-workers migrate`: makes database, bus and bucket what this version needs. Idempotent.

mod streams;

use crate::config::MigrateConfig;
use crate::store::admin::{self, RoleSpec};
use anyhow::{Context, anyhow};
use backon::{ConstantBuilder, Retryable};
use node::bus::Bus;
use node::config::PostgresConfig;
use node::s3::Bucket;
use secrecy::ExposeSecret;
use std::time::{Duration, Instant};
use tokio_postgres::{Client, NoTls};

/// How long the servers are waited for.
const WAIT_SECS: u64 = 30;
const ATTEMPT_SECS: u64 = 5;
const PAUSE_MS: u64 = 250;

/// Migrates, under a lock: several may be started at once.
pub async fn migrate(config: MigrateConfig) -> anyhow::Result<()> {
    let _telemetry = node::telemetry::start(&config.telemetry, "northstar-migrate")?;
    let mut client = waiting("PostgreSQL", || connect(&config.postgres)).await?;
    let bus = node::bus::connect(&config.bus, "migrate", "_INBOX").await?;
    waiting("nats-server", || answered(&bus)).await?;
    let bucket = Bucket::new(&config.s3);

    admin::lock(&client).await?;
    admin::migrate(&mut client).await.context("the migrations")?;
    for role in roles(&config) {
        admin::let_in(&client, &role).await?;
    }
    admin::bootstrap_tenants(&client).await.context("the tenants")?;
    streams::create(&bus.jetstream, config.nats_replicas.into()).await?;
    waiting("S3", || async { Ok(bucket.create().await?) }).await?;
    bus.drain().await;
    tracing::info!("database, bus and bucket are ready");
    Ok(())
}

/// Tries until the server is there, or the time is over: then the last reason counts.
async fn waiting<T, F>(server: &'static str, mut attempt: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let deadline = Instant::now() + Duration::from_secs(WAIT_SECS);
    let bounded = || {
        let attempt = tokio::time::timeout(Duration::from_secs(ATTEMPT_SECS), attempt());
        async { attempt.await.map_err(|_| anyhow!("no answer within {ATTEMPT_SECS} s")).flatten() }
    };
    let pauses = ConstantBuilder::new().with_delay(Duration::from_millis(PAUSE_MS)).without_max_times();
    let tried = bounded.retry(pauses).when(|_| Instant::now() < deadline).await;
    tried.with_context(|| format!("{server} is not there after {WAIT_SECS} s"))
}

async fn connect(config: &PostgresConfig) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(config.postgres_url.expose_secret(), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn answered(bus: &Bus) -> anyhow::Result<()> {
    bus.ping().await.map_err(|problem| anyhow!(problem))
}

/// A worker that is paused in the middle of a transaction must not hold up its canvas for long.
fn roles(config: &MigrateConfig) -> [RoleSpec; 2] {
    [
        RoleSpec {
            name: "northstar_edge",
            password: config.postgres_edge_password.clone(),
            settings: &[("statement_timeout", "10s"), ("idle_in_transaction_session_timeout", "10s")],
        },
        RoleSpec {
            name: "northstar_worker",
            password: config.postgres_worker_password.clone(),
            settings: &[
                ("statement_timeout", "30s"),
                ("lock_timeout", "5s"),
                ("idle_in_transaction_session_timeout", "5s"),
            ],
        },
    ]
}
