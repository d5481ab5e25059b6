//! The stack that is measured, and what a figure needs of it.

use crate::commands::Client;
use crate::http::{self, Connection};
use crate::readers::{Group, Rail};
use anyhow::{Context, Result, bail};
use async_nats::jetstream;
use futures_util::{StreamExt, TryStreamExt, stream};
use local::{Demo, Progress, Service, Stack, StackConfig, StackInfo};
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use subjects::ids::CanvasId;
use subjects::routing::{Stream, StreamKey};
use subjects::subject;

/// The folder of the stack; what was in it goes.
const DIR: &str = ".dev/bench";
/// More than any load here asks for, so that limits are not what is measured.
pub(crate) const COMMANDS_PER_SECOND: u32 = 1_000_000;
/// Longer than a run.
const TOKEN_SECS: u32 = 7_200;
/// Canvases that are registered at once.
const REGISTRATIONS: usize = 16;

/// How much of each figure is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// To see that it works.
    Quick,
    /// To know the figure.
    Full,
}

/// Two edges and two workers, and a tenant whose limits are out of the way.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) effort: Effort,
    demo: Demo,
    web: reqwest::Client,
    canvases: AtomicU64,
}

impl World {
    pub(crate) async fn start(effort: Effort) -> Result<Self> {
        local::reset(DIR.as_ref())?;
        let mut config = StackConfig::new(DIR)
            .edge_env("NORTHSTAR_COMMANDS_PER_SECOND", COMMANDS_PER_SECOND)
            .edge_env("NORTHSTAR_COMMANDS_BURST", COMMANDS_PER_SECOND)
            .edge_env("NORTHSTAR_TOKEN_SECS", TOKEN_SECS);
        (config.edges, config.workers, config.progress) = (2, 2, Progress::Told);
        let stack = Stack::start(config).await?;
        let demo = stack.info().demo.context("no demo user")?;
        Ok(Self { stack, effort, demo, web: reqwest::Client::new(), canvases: AtomicU64::new(0) })
    }

    /// `full`, or `quick` when it is only to be seen that it works.
    pub(crate) fn pick<T>(&self, full: T, quick: T) -> T {
        match self.effort {
            Effort::Full => full,
            Effort::Quick => quick,
        }
    }

    /// Header lines that say who asks, and where.
    pub(crate) fn headers(&self) -> String {
        let Demo { tenant_id, env, token } = &self.demo;
        format!("Authorization: Bearer {token}\r\nX-Tenant-Id: {tenant_id}\r\nX-Env: {env}\r\n")
    }

    /// `host:port` of an edge.
    pub(crate) fn edge(&self, edge: usize) -> Result<String> {
        let StackInfo { edges, .. } = self.stack.info();
        let url = &edges.get(edge).context("there is no such edge")?.url;
        Ok(url.trim_start_matches("http://").trim_end_matches('/').to_owned())
    }

    /// The process of an edge.
    pub(crate) fn edge_pid(&self, edge: usize) -> Result<u32> {
        self.stack.info().edges.get(edge).and_then(|edge| edge.pid).context("the edge does not run")
    }

    /// The processes of all edges.
    pub(crate) fn edge_pids(&self) -> Vec<u32> {
        self.stack.info().edges.iter().filter_map(|edge| edge.pid).collect()
    }

    /// So many new canvases, empty.
    pub(crate) async fn canvases(&self, count: usize) -> Result<Vec<StreamKey>> {
        let numbers = (0..count).map(|_| self.canvases.fetch_add(1, Ordering::Relaxed));
        stream::iter(numbers).map(|number| self.register(number)).buffered(REGISTRATIONS).try_collect().await
    }

    /// A new canvas with the atom that the figures write to: at rev 1.
    pub(crate) async fn canvas(&self) -> Result<StreamKey> {
        let key = self.canvases(1).await?.remove(0);
        self.client(&key, 0).await?.add_atom().await?;
        Ok(key)
    }

    /// A writer of a canvas, at an edge.
    pub(crate) async fn client(&self, key: &StreamKey, edge: usize) -> Result<Client> {
        let connection = Connection::open(&self.edge(edge)?).await?;
        Ok(Client::new(connection, &format!("{}/commands", canvas_path(key)), &self.headers()))
    }

    /// Asks an edge for a document of JSON.
    pub(crate) async fn get(&self, edge: usize, path: &str) -> Result<serde_json::Value> {
        let mut connection = Connection::open(&self.edge(edge)?).await?;
        let answer = connection.ask(&http::request("GET", path, &self.headers(), "")).await?;
        match answer.status {
            200 => Ok(serde_json::from_slice(&answer.body)?),
            status => bail!("GET {path} says {status} {}", String::from_utf8_lossy(&answer.body)),
        }
    }

    /// One of an edge's metrics, all its label sets together.
    pub(crate) async fn metric(&self, edge: usize, name: &str) -> Result<f64> {
        let text = self.metrics(&format!("http://{}", self.edge(edge)?)).await?;
        let samples = text.lines().filter(|line| line.starts_with(name));
        let values = samples.filter_map(|line| {
            let (labels, value) = line[name.len()..].rsplit_once(' ')?;
            (labels.is_empty() || labels.starts_with('{')).then(|| value.parse::<f64>().ok())?
        });
        Ok(values.sum())
    }

    /// All metrics of the process at `http://host:port`.
    pub(crate) async fn metrics(&self, url: &str) -> Result<String> {
        Ok(self.web.get(format!("{url}/metrics")).send().await?.error_for_status()?.text().await?)
    }

    /// JetStream as a worker sees it: it may say what happened.
    pub(crate) async fn worker_bus(&self) -> Result<jetstream::Context> {
        let inbox = subject::worker_inbox("bench");
        Ok(jetstream::new(local::connect_bus(&self.stack.access().nats_worker_url, &inbox).await?))
    }

    /// The bus as an edge sees it, and the inbox where answers are awaited.
    pub(crate) async fn edge_bus(&self) -> Result<(async_nats::Client, String)> {
        let inbox = subject::edge_inbox("bench");
        Ok((local::connect_bus(&self.stack.access().nats_edge_url, &inbox).await?, inbox))
    }

    /// A connection to the database that may do anything.
    pub(crate) async fn postgres(&self) -> Result<tokio_postgres::Client> {
        let url = &self.stack.access().postgres_admin_url;
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection); // Ends with the client.
        Ok(client)
    }

    /// Starts an edge anew, so that its memory is that of an edge that has done nothing.
    pub(crate) async fn renew_edge(&self, edge: usize) -> Result<()> {
        self.stack.restart_with_env(Service::Edge(edge), &[]).await
    }

    async fn register(&self, number: u64) -> Result<StreamKey> {
        let canvas_id: CanvasId = format!("bench-{number}").parse()?;
        let body = json!({
            "canvas_id": canvas_id, "workspace_id": "bench", "project_id": "bench", "app_id": "bench",
            "surface_id": "bench",
        });
        let mut connection = Connection::open(&self.edge(0)?).await?;
        let request = http::request("POST", "/canvas", &self.headers(), &body.to_string());
        let answer = connection.ask(&request).await?;
        if answer.status != 201 {
            bail!("POST /canvas says {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(StreamKey::canvas(self.demo.tenant_id.parse()?, self.demo.env.parse()?, canvas_id))
    }
}

/// `/canvas/{canvas_id}`.
pub(crate) fn canvas_path(key: &StreamKey) -> String {
    format!("/canvas/{}", name(key))
}

/// Where readers of a canvas listen.
pub(crate) fn sse_path(key: &StreamKey) -> String {
    format!("/sse/canvas/{}", name(key))
}

/// Readers of a canvas, each on a WebSocket of its own.
pub(crate) fn ws_group(key: &StreamKey, readers: usize) -> Group {
    Group { path: "/ws".into(), rail: Rail::Ws { canvas_id: name(key).into() }, readers, bytes_per_s: None }
}

fn name(key: &StreamKey) -> &str {
    match &key.stream {
        Stream::Canvas(id) => id.as_str(),
        Stream::Thread(id) => id.as_str(),
    }
}
