//! Where readers get events from: an edge, fed over the bus, or the bare writer.

use crate::author::Author;
use crate::bare::BareWriter;
use crate::clock;
use crate::readers::{Group, Rail, Readers};
use crate::world::{self, World};
use anyhow::Result;
use std::ops::RangeInclusive;
use std::time::Duration;
use tokio::time::Instant;

/// Where readers get events from.
pub(crate) enum Source {
    Edge(Author),
    Bare(Box<BareWriter>, Vec<String>),
}

impl Source {
    /// New canvases on the first edge.
    pub(crate) async fn edge(world: &World, keys: usize) -> Result<Self> {
        Ok(Self::Edge(Author::new(world, world.canvases(keys).await?).await?))
    }

    /// A new bare writer, with frames of this length.
    pub(crate) async fn bare(keys: usize, frame_bytes: usize) -> Result<Self> {
        let paths = (0..keys).map(|key| format!("/sse/canvas/bench-{key}")).collect();
        Ok(Self::Bare(Box::new(BareWriter::start(frame_bytes).await?), paths))
    }

    pub(crate) fn keys(&self) -> usize {
        self.paths().len()
    }

    /// So many readers of each key, connected by SSE.
    pub(crate) async fn readers(&self, world: &World, of_each: usize) -> Result<Readers> {
        let group = |path| Group { path, rail: Rail::Sse, readers: of_each, bytes_per_s: None };
        self.opened(world, self.paths().into_iter().map(group).collect()).await
    }

    /// So many readers of each key, each on a WebSocket of its own. The bare writer knows no other framing than its own.
    pub(crate) async fn sockets(&self, world: &World, of_each: usize) -> Result<Readers> {
        match self {
            Self::Edge(author) => {
                let groups = author.keys.iter().map(|key| world::ws_group(key, of_each)).collect();
                self.opened(world, groups).await
            }
            Self::Bare(..) => self.readers(world, of_each).await,
        }
    }

    async fn opened(&self, world: &World, groups: Vec<Group>) -> Result<Readers> {
        let mut readers = Readers::start(&world.headers(), groups).await?;
        readers.open(&self.address(world)?).await?;
        Ok(readers)
    }

    /// `host:port`.
    pub(crate) fn address(&self, world: &World) -> Result<String> {
        match self {
            Self::Edge(_) => world.edge(0),
            Self::Bare(writer, _) => Ok(writer.address.clone()),
        }
    }

    /// Whose CPU time delivering costs.
    pub(crate) fn pids(&self, world: &World) -> Result<Vec<u32>> {
        match self {
            Self::Edge(_) => Ok(world.edge_pids()),
            Self::Bare(writer, _) => Ok(vec![writer.pid()?]),
        }
    }

    pub(crate) async fn publish(&mut self, key: usize, seq: u64, sent_us: u64) -> Result<()> {
        match self {
            Self::Edge(author) => author.publish(key, seq, sent_us),
            Self::Bare(writer, paths) => writer.publish(&paths[key], seq, sent_us).await,
        }
    }

    /// As fast as it goes.
    pub(crate) async fn burst(&mut self, key: usize, seqs: RangeInclusive<u64>) -> Result<()> {
        match self {
            Self::Edge(author) => author.burst(key, seqs),
            Self::Bare(writer, paths) => {
                for seq in seqs {
                    writer.publish(&paths[key], seq, clock::now_us()).await?;
                }
                Ok(())
            }
        }
    }

    /// On an open schedule: an event is due when it is due, however long those before it took, and says so.
    pub(crate) async fn paced(&mut self, seqs: RangeInclusive<u64>, per_second: u32) -> Result<()> {
        let (begun, begun_us) = (Instant::now(), clock::now_us());
        let keys = self.keys();
        for (n, (seq, key)) in seqs.flat_map(|seq| (0..keys).map(move |key| (seq, key))).enumerate() {
            let due = Duration::from_secs(n as u64) / per_second;
            tokio::time::sleep_until(begun + due).await;
            self.publish(key, seq, begun_us + due.as_micros() as u64).await?;
        }
        Ok(())
    }

    /// Returns when nothing is on its way to the bus or the log any more.
    pub(crate) async fn settled(&mut self) -> Result<()> {
        match self {
            Self::Edge(author) => author.settled().await,
            Self::Bare(..) => Ok(()),
        }
    }

    fn paths(&self) -> Vec<String> {
        match self {
            Self::Edge(author) => author.keys.iter().map(world::sse_path).collect(),
            Self::Bare(_, paths) => paths.clone(),
        }
    }
}
