//! The database connections of a process, and whose rows each may see.

use crate::config::PostgresConfig;
use anyhow::Context;
use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod, Runtime};
use secrecy::ExposeSecret;
use std::time::Duration;
use subjects::ids::TenantId;
use tokio_postgres::NoTls;

/// A pool of connections. Getting one waits at most `postgres_wait_ms`.
pub type Pool = deadpool_postgres::Pool;

/// Whose rows are seen. The database holds to it by row-level security, whatever a query asks for: the second lock.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// One tenant's, and what tenant-0 says for all.
    Tenant(&'a TenantId),
    /// Everybody's: for what concerns no single tenant, in the tables that allow it.
    All,
}

/// Says whose rows a connection sees from then on. Parameter: [`Scope::setting`].
pub const SET_SCOPE: &str = "SELECT set_config('northstar.tenant', $1, false)";

impl Scope<'_> {
    /// The setting's value. No tenant is named `*`.
    pub fn setting(&self) -> &str {
        match self {
            Scope::Tenant(tenant_id) => tenant_id.as_str(),
            Scope::All => "*",
        }
    }

    /// Begins a transaction that sees these rows.
    pub fn begin(&self) -> String {
        // An identifier's form holds no quote.
        format!("BEGIN; SET LOCAL northstar.tenant = '{}'", self.setting())
    }

    /// Lets a connection see these rows until it is told otherwise.
    pub fn set(&self) -> String {
        format!("SET northstar.tenant = '{}'", self.setting())
    }
}

impl<'a> From<&'a TenantId> for Scope<'a> {
    fn from(tenant_id: &'a TenantId) -> Self {
        Scope::Tenant(tenant_id)
    }
}

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
