//! A log at an address: an edge's `/audit/log`, or a copy of the bucket's folder anywhere.

use anyhow::{Context, Result, bail};
use audit::{Checkpoint, FILE_BYTES_MAX, Files, HASH_SIZE, Hash, Keys, Part, Question, TILE_HEIGHT, Tile, published};
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::path::PathBuf;
use std::time::Duration;

/// Who asks for a log, and whose it is.
#[derive(Args, Debug, Clone)]
pub(crate) struct Asker {
    /// The tenant, where the address is an edge's.
    #[arg(long)]
    tenant: Option<String>,
    /// The env, where the address is an edge's.
    #[arg(long)]
    env: Option<String>,
    /// A file with the access token that an edge asks for. It is read each time, so that it may be renewed.
    #[arg(long)]
    token_file: Option<PathBuf>,
}

/// A log at an address.
#[derive(Debug)]
pub(crate) struct Remote {
    http: reqwest::Client,
    url: String,
    asker: Asker,
}

const REQUEST_SECS: u64 = 30;
/// Requests at once.
const REQUESTS_MAX: usize = 8;

impl Remote {
    /// At this address.
    pub(crate) fn at(url: String, asker: Asker) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(REQUEST_SECS));
        let http = http.redirect(reqwest::redirect::Policy::none()).build().context("no HTTP client")?;
        Ok(Self { http, url, asker })
    }

    /// The signed checkpoint as it is now.
    pub(crate) async fn note(&self) -> Result<Vec<u8>> {
        self.get(Part::Checkpoint).await
    }

    /// The hashes that answer a question, from tiles.
    pub(crate) async fn proof(&self, question: Question) -> Result<Vec<Hash>> {
        let tiles = stream::iter(question.tiles()?).map(async |id| {
            let width = question.width(id);
            let bytes = self.get(Part::Tile(Tile::new(TILE_HEIGHT, id.level, id.number, width, false))).await?;
            if bytes.len() != width as usize * HASH_SIZE {
                bail!("a tile is not as long as it must be");
            }
            Ok((id, bytes))
        });
        let tiles = tiles.buffer_unordered(REQUESTS_MAX).try_collect().await?;
        Ok(question.answer(&tiles)?)
    }

    /// Copies into a folder what is not there yet, the checkpoint last: one that one of the keys signed.
    pub(crate) async fn mirror(&self, files: &Files, keys: &Keys) -> Result<Mirrored> {
        let note = self.note().await?;
        let checkpoint = match Checkpoint::open(&note, keys) {
            Ok(checkpoint) => checkpoint,
            Err(error) => return Ok(Mirrored::Unbelievable(error)),
        };
        let parts = published(0, checkpoint.size).into_iter().filter(|part| *part != Part::Checkpoint);
        let copied = stream::iter(parts).map(async |part| {
            let path = part.to_string();
            if files.read(&path)?.is_none() {
                files.write(&path, &self.get(part).await?).with_context(|| path)?;
            }
            anyhow::Ok(())
        });
        copied.buffer_unordered(REQUESTS_MAX).try_collect::<()>().await?;
        files.write_checkpoint(&note).context("the checkpoint")?;
        Ok(Mirrored::Whole)
    }

    async fn get(&self, part: Part) -> Result<Vec<u8>> {
        let Asker { tenant, env, token_file } = &self.asker;
        let url = format!("{}/{part}", self.url.trim_end_matches('/'));
        let mut request = self.http.get(&url);
        for (header, value) in [("x-tenant-id", tenant), ("x-env", env)] {
            request = value.iter().fold(request, |request, value| request.header(header, value));
        }
        if let Some(file) = token_file {
            let token = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            request = request.bearer_auth(token.trim());
        }
        let mut response = request.send().await?;
        if !response.status().is_success() {
            bail!("{url} says {}", response.status());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > FILE_BYTES_MAX {
                bail!("{url} has more than {FILE_BYTES_MAX} bytes");
            }
        }
        Ok(bytes)
    }
}

/// What became of a copy.
#[derive(Debug)]
pub(crate) enum Mirrored {
    /// The folder holds all that the checkpoint promises, to be verified.
    Whole,
    /// The checkpoint is not believed. Nothing was copied.
    Unbelievable(audit::CheckpointError),
}
