//! The database connections of a process.

use crate::config::PostgresConfig;
use anyhow::Context;
use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod, Runtime};
use secrecy::ExposeSecret;
use std::time::Duration;
use tokio_postgres::NoTls;

/// A pool of connections. Getting one waits at most `postgres_wait_ms`.
pub type Pool = deadpool_postgres::Pool;

/// The pool. It connects when first asked, so the database may be away now.
pub fn pool(config: &PostgresConfig) -> anyhow::Result<Pool> {
    let mut postgres: tokio_postgres::Config =
        config.postgres_url.expose_secret().parse().context("NORTHSTAR_POSTGRES_URL is not a PostgreSQL URL")?;
    let wait = Duration::from_millis(config.postgres_wait_ms);
    postgres.connect_timeout(wait).keepalives_idle(Duration::from_secs(10)).tcp_user_timeout(Duration::from_secs(10));
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(postgres, NoTls, recycling))
        .max_size(config.postgres_connections_max)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(wait))
        .create_timeout(Some(wait))
        .recycle_timeout(Some(wait))
        .build()
        .context("the PostgreSQL pool cannot be built")
}

/// Whether the database answers; if not, why, in one line.
pub async fn ping(pool: &Pool) -> Result<(), String> {
    let client = pool.get().await.map_err(|error| crate::health::one_line(&error))?;
    client.simple_query("SELECT 1").await.map_err(|error| crate::health::one_line(&error))?;
    Ok(())
}
