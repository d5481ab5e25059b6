//! Whether a service answers.

use crate::access::Access;
use crate::config::Service;
use anyhow::{Context, Result, ensure};
use std::time::Duration;
use tokio_postgres::NoTls;

/// One question waits no longer than this for its answer.
const PROBE_AT_MOST: Duration = Duration::from_secs(2);

/// Fails with the reason when it does not, or not yet.
pub(crate) async fn probe(service: Service, access: &Access, http: &reqwest::Client) -> Result<()> {
    let asked = async {
        match service {
            Service::Nats => is_ok(http, &format!("{}/healthz", access.nats_monitor_url)).await,
            Service::Postgres => postgres(&access.postgres_admin_url).await,
            Service::S3 => s3(http, &access.s3_endpoint).await,
            Service::Edge(index) => is_ok(http, &format!("{}/readyz", access.edge_urls[index])).await,
            Service::Worker(index) => is_ok(http, &format!("{}/readyz", access.worker_urls[index])).await,
        }
    };
    tokio::time::timeout(PROBE_AT_MOST, asked).await.context("no answer")?
}

async fn is_ok(http: &reqwest::Client, url: &str) -> Result<()> {
    let answer = http.get(url).send().await?;
    let status = answer.status();
    if !status.is_success() {
        let body = answer.text().await.unwrap_or_default();
        anyhow::bail!("{url} says {status} {}", body.trim());
    }
    Ok(())
}

/// An answer of any kind will do: without a signature it is "403".
async fn s3(http: &reqwest::Client, url: &str) -> Result<()> {
    let status = http.get(url).send().await?.status();
    ensure!(!status.is_server_error(), "{url} says {status}");
    Ok(())
}

async fn postgres(url: &str) -> Result<()> {
    let mut config: tokio_postgres::Config = url.parse()?;
    // The database may not be there yet; the cluster is asked.
    let (client, connection) = config.dbname("postgres").connect(NoTls).await?;
    let connection = tokio::spawn(connection);
    client.simple_query("SELECT 1").await?;
    drop(client);
    Ok(connection.await??)
}
