//! The loopback ports of one stack: chosen free at its first start, the same ones again later.

use crate::config::StackConfig;
use crate::files;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

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

impl Ports {
    /// Those of the stack; each remembered one that is free is kept.
    pub(crate) fn of(config: &StackConfig) -> Result<Self> {
        let path = config.dir.join("ports.json");
        let before: Self = files::read_json(&path)?.unwrap_or_default();
        let mut taken = BTreeSet::new();
        let mut keep = |before: u16| take(Some(before), None, &mut taken);
        let mut ports = Self {
            nats: keep(before.nats)?,
            nats_http: keep(before.nats_http)?,
            postgres: keep(before.postgres)?,
            s3: keep(before.s3)?,
            ..Self::default()
        };
        for index in 0..config.edges {
            let preferred = config.edge_port.map(|first| first..first.saturating_add(PREFERRED_SPAN));
            ports.edges.push(take(before.edges.get(index).copied(), preferred, &mut taken)?);
        }
        for index in 0..config.workers {
            ports.workers.push(take(before.workers.get(index).copied(), None, &mut taken)?);
        }
        files::write_json(&path, &ports)?;
        Ok(ports)
    }
}

/// The port used before, else the first free of those preferred, else any.
fn take(before: Option<u16>, preferred: Option<Range<u16>>, taken: &mut BTreeSet<u16>) -> Result<u16> {
    let any = (0..TRIES_MAX).map(|_| rand::random_range(RANGE));
    let port = before
        .into_iter()
        .filter(|port| *port != 0)
        .chain(preferred.into_iter().flatten())
        .chain(any)
        .find(|port| !taken.contains(port) && is_free(*port))
        .context("no free loopback port")?;
    taken.insert(port);
    Ok(port)
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
