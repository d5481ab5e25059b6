//! What only the database's owner may do.

use anyhow::Context;
use node::postgres::Scope;
use postgres_protocol::password::scram_sha_256;
use secrecy::{ExposeSecret, SecretString};
use subjects::ids::TenantId;
use tokio_postgres::Client;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Any number that nobody else locks.
const LOCK: i64 = 0x6e6f_7274_6873_7461;

/// Lets only one migrate at a time, until the connection closes.
pub(crate) async fn lock(client: &Client) -> anyhow::Result<()> {
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await?;
    Ok(())
}

/// Applies the migrations that are not applied yet.
pub(crate) async fn migrate(client: &mut Client) -> anyhow::Result<()> {
    let report = embedded::migrations::runner().run_async(client).await?;
    for migration in report.applied_migrations() {
        tracing::info!(%migration, "migrated");
    }
    Ok(())
}

/// A role that processes log in with.
pub(crate) struct RoleSpec {
    /// As the migrations made it.
    pub(crate) name: &'static str,
    /// What it logs in with.
    pub(crate) password: SecretString,
    /// What holds for each of its connections.
    pub(crate) settings: &'static [(&'static str, &'static str)],
}

/// Lets the role log in, with this password. Only a proof of the password is sent and kept.
pub(crate) async fn let_in(client: &Client, role: &RoleSpec) -> anyhow::Result<()> {
    let proof = scram_sha_256(role.password.expose_secret().as_bytes());
    // These statements take no parameters: the server quotes for us.
    let quoted = "SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)";
    let alter: String = client.query_one(quoted, &[&role.name, &proof]).await?.get(0);
    client.batch_execute(&alter).await.with_context(|| format!("the role {}", role.name))?;
    for (name, value) in role.settings {
        let quoted = "SELECT format('ALTER ROLE %I SET %I = %L', $1::text, $2::text, $3::text)";
        let set: String = client.query_one(quoted, &[&role.name, name, value]).await?.get(0);
        client.batch_execute(&set).await?;
    }
    Ok(())
}

/// Makes the two tenants that every deployment has.
pub(crate) async fn bootstrap_tenants(client: &Client) -> anyhow::Result<()> {
    // An owner that is no superuser is held to row-level security too.
    client.batch_execute(&Scope::All.set()).await?;
    for (tenant_id, name) in [(TenantId::SYSTEM, "System"), (TenantId::NORTHSTAR, "Northstar")] {
        let add = "INSERT INTO tenants (tenant_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        client.execute(add, &[&tenant_id, &name]).await?;
    }
    Ok(())
}
