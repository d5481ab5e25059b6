//! A bare writer, as the run holds it, and the connection that feeds it.

use super::writer;
use crate::event;
use anyhow::{Context, Result};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// A bare writer. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct BareWriter {
    child: Child,
    /// `host:port`.
    pub(crate) address: String,
    producer: TcpStream,
    frame_bytes: usize,
}

impl BareWriter {
    /// Starts one that is fed frames of this length.
    pub(crate) async fn start(frame_bytes: usize) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("bare-writer")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the bare writer")?;
        let out = child.stdout.take().context("no stdout")?;
        let address = BufReader::new(out).lines().next_line().await?.context("the bare writer has ended")?;
        let mut producer = TcpStream::connect(&address).await?;
        producer.set_nodelay(true)?;
        producer.write_all(b"PUT / HTTP/1.1\r\n\r\n").await?;
        Ok(Self { child, address, producer, frame_bytes })
    }

    pub(crate) fn pid(&self) -> Result<u32> {
        self.child.id().context("the bare writer has ended")
    }

    /// Hands one event over.
    pub(crate) async fn publish(&mut self, path: &str, seq: u64, sent_us: u64) -> Result<()> {
        let frame = event::frame(seq, sent_us, self.frame_bytes);
        Ok(self.producer.write_all(&writer::join(path, frame.as_bytes())).await?)
    }
}
