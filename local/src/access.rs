//! `access.json`, beside `stack.json`: every key to the stack, for those who test and measure it.

use crate::files::{self, ACCESS_FILE};
use crate::info;
use crate::ports::Ports;
use crate::secrets::Secrets;
use crate::tools::Tools;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The one database.
pub(crate) const DATABASE: &str = "northstar";
/// The one bucket.
pub(crate) const BUCKET: &str = "northstar";
/// S3 wants to hear one; the server here does not mind which.
pub(crate) const REGION: &str = "us-east-1";
/// The demo user.
pub(crate) const DEMO_EMAIL: &str = "demo@northstar.test";

/// Every URL and secret of a stack. They do not change while it runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Access {
    /// The bus with every right.
    pub nats_ctl_url: String,
    /// The bus as an edge sees it.
    pub nats_edge_url: String,
    /// The bus as a worker sees it.
    pub nats_worker_url: String,
    /// `http://host:port` of nats-server's own pages (`/healthz`, `/jsz`, …).
    pub nats_monitor_url: String,
    /// The database as superuser.
    pub postgres_admin_url: String,
    /// The database as an edge sees it.
    pub postgres_edge_url: String,
    /// The database as a worker sees it.
    pub postgres_worker_url: String,
    /// `psql`, `pgbench` and the rest.
    pub postgres_bin: PathBuf,
    /// The object store.
    pub s3_endpoint: String,
    /// Its one bucket.
    pub s3_bucket: String,
    /// Its region.
    pub s3_region: String,
    /// Who may.
    pub s3_access_key_id: String,
    /// The key to it.
    pub s3_secret_access_key: String,
    /// Signs tokens.
    pub token_secret: String,
    /// Seals cursors.
    pub cursor_secret: String,
    /// `http://host:port` of each edge.
    pub edge_urls: Vec<String>,
    /// `http://host:port` of each worker process (`/livez`, `/readyz`, `/metrics`).
    pub worker_urls: Vec<String>,
    /// The demo user.
    pub demo_email: String,
    /// The demo user's password.
    pub demo_password: String,
}

impl Access {
    /// That of the stack that `./dev test` runs for all tests.
    pub fn shared() -> Result<Self> {
        Self::beside(&info::shared_path()?)
    }

    /// That of the stack whose `stack.json` is at `path`.
    pub fn beside(path: &Path) -> Result<Self> {
        let path = path.with_file_name(ACCESS_FILE);
        files::read_json(&path)?.with_context(|| format!("there is no {}", path.display()))
    }

    pub(crate) fn new(secrets: &Secrets, ports: &Ports, tools: &Tools) -> Self {
        let nats = |user: &str, password: &str| format!("nats://{user}:{password}@127.0.0.1:{}", ports.nats);
        let postgres = |user: &str, password: &str| {
            format!("postgres://{user}:{password}@127.0.0.1:{}/{DATABASE}", ports.postgres)
        };
        Self {
            nats_ctl_url: nats("ctl", &secrets.nats_ctl),
            nats_edge_url: nats("edge", &secrets.nats_edge),
            nats_worker_url: nats("worker", &secrets.nats_worker),
            nats_monitor_url: http(ports.nats_http),
            postgres_admin_url: postgres("postgres", &secrets.postgres_admin),
            postgres_edge_url: postgres("northstar_edge", &secrets.postgres_edge),
            postgres_worker_url: postgres("northstar_worker", &secrets.postgres_worker),
            postgres_bin: tools.postgres_bin.clone(),
            s3_endpoint: http(ports.s3),
            s3_bucket: BUCKET.into(),
            s3_region: REGION.into(),
            s3_access_key_id: secrets.s3_access_key_id.clone(),
            s3_secret_access_key: secrets.s3_secret_access_key.clone(),
            token_secret: secrets.token.clone(),
            cursor_secret: secrets.cursor.clone(),
            edge_urls: ports.edges.iter().copied().map(http).collect(),
            worker_urls: ports.workers.iter().copied().map(http).collect(),
            demo_email: DEMO_EMAIL.into(),
            demo_password: secrets.demo_password.clone(),
        }
    }
}

fn http(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
