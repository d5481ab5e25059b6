//! The loopback ports of one stack: chosen free at its first start, the same ones again later.

use crate::config::StackConfig;
use crate::files;
use anyhow::{Context, Result};
use nix::unistd::Uid;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::PathBuf;

/// Below the range that systems hand out to outgoing connections: a server that is down for a moment keeps its port.
const RANGE: Range<u16> = 20_000..32_000;
const TRIES_MAX: usize = 500;
/// How far above the port it would like an edge looks before it takes any.
const PREFERRED_SPAN: u16 = 100;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ports {
    pub(crate) nats: u16,
    pub(crate) nats_http: u16,
    pub(crate) postgres: u16,
    pub(crate) s3: u16,
    pub(crate) edges: Vec<u16>,
    pub(crate) workers: Vec<u16>,
}

/// Ports that no other stack of this user takes as long as this lives, though nobody listens on them yet.
#[derive(Debug)]
pub(crate) struct Reserved {
    dir: PathBuf,
    locks: Vec<File>,
}

impl Ports {
    /// Those of the stack; each remembered one that is free is kept.
    pub(crate) fn of(config: &StackConfig) -> Result<(Self, Reserved)> {
        let path = config.dir.join("ports.json");
        let before: Self = files::read_json(&path)?.unwrap_or_default();
        let mut reserved = Reserved::none()?;
        let mut keep = |before: u16| reserved.take(Some(before), None);
        let mut ports = Self {
            nats: keep(before.nats)?,
            nats_http: keep(before.nats_http)?,
            postgres: keep(before.postgres)?,
            s3: keep(before.s3)?,
            ..Self::default()
        };
        for index in 0..config.edges {
            let preferred = config.edge_port.map(|first| first..first.saturating_add(PREFERRED_SPAN));
            ports.edges.push(reserved.take(before.edges.get(index).copied(), preferred)?);
        }
        for index in 0..config.workers {
            ports.workers.push(reserved.take(before.workers.get(index).copied(), None)?);
        }
        files::write_json(&path, &ports)?;
        Ok((ports, reserved))
    }
}

impl Reserved {
    fn none() -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("northstar-ports-{}", Uid::effective()));
        files::create_private(&dir)?;
        Ok(Self { dir, locks: Vec::new() })
    }

    /// The port used before, else the first free of those preferred, else any.
    fn take(&mut self, before: Option<u16>, preferred: Option<Range<u16>>) -> Result<u16> {
        let any = (0..TRIES_MAX).map(|_| rand::random_range(RANGE));
        let before = before.into_iter().filter(|port| *port != 0);
        let mut wishes = before.chain(preferred.into_iter().flatten()).chain(any);
        wishes.find(|port| self.reserve(*port)).context("no free loopback port")
    }

    /// Whether it is ours now.
    fn reserve(&mut self, port: u16) -> bool {
        let Ok(lock) = File::create(self.dir.join(port.to_string())) else { return false };
        let ours = lock.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        if ours {
            self.locks.push(lock);
        }
        ours
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn no_two_stacks_take_one_port_and_each_keeps_its_own() -> Result<()> {
        let (one, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let config = |dir: &Path| StackConfig { edge_port: Some(RANGE.start), ..StackConfig::new(dir) };
        let (first, reserved) = Ports::of(&config(one.path()))?;
        let (second, _also) = Ports::of(&config(other.path()))?;
        assert_ne!(first.edges, second.edges);
        drop(reserved);
        assert_eq!(Ports::of(&config(one.path()))?.0, first);
        Ok(())
    }
}
