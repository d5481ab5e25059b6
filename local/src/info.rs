//! `stack.json`: what runs, and where.

use crate::demo::Demo;
use crate::env;
use crate::files;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What runs. A `pid` is null while its process is down; an entry keeps its place and its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackInfo {
    /// The edges, by number.
    pub edges: Vec<EdgeInfo>,
    /// The worker processes, by number.
    pub workers: Vec<WorkerInfo>,
    /// The bus, as its `ctl` user reaches it.
    pub nats: ServerInfo,
    /// The database, as its superuser reaches it.
    pub postgres: ServerInfo,
    /// The object store.
    pub s3: S3Info,
    /// A user to try it with; null when there is no edge to sign up at.
    pub demo: Option<Demo>,
}

/// One edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeInfo {
    /// `http://host:port`.
    pub url: String,
    /// Null while it is down.
    pub pid: Option<u32>,
}

/// One worker process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerInfo {
    /// Null while it is down.
    pub pid: Option<u32>,
    /// The roles it takes.
    pub roles: Vec<String>,
}

/// One server with an URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// With user and password.
    pub url: String,
    /// Null while it is down.
    pub pid: Option<u32>,
}

/// The object store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Info {
    /// `http://host:port`, path style.
    pub endpoint: String,
    /// The one bucket.
    pub bucket: String,
    /// Null while it is down.
    pub pid: Option<u32>,
}

impl StackInfo {
    /// The stack that `./dev test` runs for all tests.
    pub fn shared() -> Result<Self> {
        Self::read(&shared_path()?)
    }

    /// What a `stack.json` says.
    pub fn read(path: &Path) -> Result<Self> {
        files::read_json(path)?.with_context(|| format!("no stack runs: there is no {}", path.display()))
    }
}

/// Where the `stack.json` of the shared stack is.
pub(crate) fn shared_path() -> Result<PathBuf> {
    env::read(env::STACK).map(PathBuf::from).with_context(|| format!("{} is not set: run `./dev test`", env::STACK))
}
