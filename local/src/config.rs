//! What a stack is made of, as its owner asks for it.

use crate::progress::Progress;
use std::fmt;
use std::path::{Path, PathBuf};

/// One process of a stack. Edges and workers are numbered from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// nats-server.
    Nats,
    /// PostgreSQL: its postmaster.
    Postgres,
    /// The S3 server.
    S3,
    /// An edge.
    Edge(usize),
    /// A worker process, with all of its roles.
    Worker(usize),
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nats => f.write_str("nats"),
            Self::Postgres => f.write_str("postgres"),
            Self::S3 => f.write_str("s3"),
            Self::Edge(index) => write!(f, "edge-{index}"),
            Self::Worker(index) => write!(f, "worker-{index}"),
        }
    }
}

/// Whether an edge or worker that dies is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// It stays dead until [`crate::Stack::start_service`].
    Never,
    /// It comes back on the same port, after a short wait that grows while it keeps dying.
    EdgesAndWorkers,
}

/// Whether `northstar-workers migrate` runs before edges and workers start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migration {
    /// The schema, the streams and the tenants are there when `start` returns.
    Run,
    /// Bare servers.
    Skip,
}

/// What a stack is made of. [`StackConfig::new`] has the defaults; every field may be changed before the start.
#[derive(Debug, Clone)]
pub struct StackConfig {
    /// Holds the data, the logs, the ports and the secrets; used again by the next start.
    pub dir: PathBuf,
    /// Holds the servers that were installed, shared by all stacks.
    pub tools_dir: PathBuf,
    /// Holds `northstar-local`, `northstar-edge` and `northstar-workers`.
    pub bin_dir: PathBuf,
    /// How many edges.
    pub edges: usize,
    /// How many worker processes.
    pub workers: usize,
    /// The roles that each worker process takes.
    pub worker_roles: Vec<String>,
    /// Further environment of every edge; overrides what the stack sets.
    pub edge_env: Vec<(String, String)>,
    /// Further environment of every worker; overrides what the stack sets.
    pub worker_env: Vec<(String, String)>,
    /// The port that the first edge gets when it is free; the others follow it.
    pub edge_port: Option<u16>,
    /// Whether dead edges and workers come back.
    pub restart: Restart,
    /// Whether to migrate.
    pub migration: Migration,
    /// Where progress is told.
    pub progress: Progress,
}

impl StackConfig {
    /// One edge and one worker that stay dead when killed, on ports of their own, told to nobody.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            tools_dir: workspace_dir().join(".dev/tools"),
            bin_dir: bin_dir(),
            edges: 1,
            workers: 1,
            worker_roles: ["apply", "chat", "control", "artifacts", "graft", "gates", "privacy", "audit"]
                .map(String::from)
                .to_vec(),
            edge_env: Vec::new(),
            worker_env: Vec::new(),
            edge_port: None,
            restart: Restart::Never,
            migration: Migration::Run,
            progress: Progress::Silent,
        }
    }

    /// Adds one variable to every edge.
    #[must_use]
    pub fn edge_env(mut self, name: &str, value: impl ToString) -> Self {
        self.edge_env.push((name.into(), value.to_string()));
        self
    }

    /// Adds one variable to every worker.
    #[must_use]
    pub fn worker_env(mut self, name: &str, value: impl ToString) -> Self {
        self.worker_env.push((name.into(), value.to_string()));
        self
    }
}

/// The checkout that this binary was built from.
fn workspace_dir() -> &'static Path {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_dir.parent().unwrap_or(crate_dir)
}

/// The folder of this executable, or the one above it for a test, which cargo puts into `deps/`.
fn bin_dir() -> PathBuf {
    let exe = std::env::current_exe().unwrap_or_default();
    let dir = exe.parent().unwrap_or(Path::new("."));
    match dir.file_name() {
        Some(name) if name == "deps" => dir.parent().unwrap_or(dir).to_path_buf(),
        _ => dir.to_path_buf(),
    }
}
