//! A process of readers, as the run holds it.

use super::protocol::{Group, Order, Report, Spec};
use anyhow::{Context, Result, bail};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A process of readers. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Readers {
    _child: Child,
    orders: ChildStdin,
    reports: Lines<BufReader<ChildStdout>>,
}

impl Readers {
    /// Starts it. `headers` go with every request, each with its line end.
    pub(crate) async fn start(headers: &str, groups: Vec<Group>) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("readers")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the readers")?;
        let mut orders = child.stdin.take().context("no stdin")?;
        let reports = BufReader::new(child.stdout.take().context("no stdout")?).lines();
        let spec = Spec { headers: headers.into(), groups };
        orders.write_all(&line(&spec)?).await?;
        Ok(Self { _child: child, orders, reports })
    }

    /// Connects those that are not, to `host:port`, from where they left off. Returns when all have heard `hello`.
    pub(crate) async fn open(&mut self, at: &str) -> Result<Report> {
        self.order(Order::Open { at: at.into() }).await
    }

    /// Drops all connections; places in the streams are kept.
    pub(crate) async fn close(&mut self) -> Result<Report> {
        self.order(Order::Close).await
    }

    /// Counts from nothing.
    pub(crate) async fn reset(&mut self) -> Result<Report> {
        self.order(Order::Reset).await
    }

    /// Returns when every reader has seen `seq`.
    pub(crate) async fn await_seq(&mut self, seq: u64) -> Result<Report> {
        self.order(Order::Await { seq }).await
    }

    /// Lets slow readers read as fast as they can.
    pub(crate) async fn hasten(&mut self) -> Result<Report> {
        self.order(Order::Hasten).await
    }

    /// How it stands.
    pub(crate) async fn tell(&mut self) -> Result<Report> {
        self.order(Order::Tell).await
    }

    async fn order(&mut self, order: Order) -> Result<Report> {
        self.orders.write_all(&line(&order)?).await.context("the readers have ended")?;
        let answer = self.reports.next_line().await?.context("the readers have ended")?;
        let report: Report = serde_json::from_str(&answer)?;
        match report.failed {
            None => Ok(report),
            Some(ref why) => bail!("readers, {order:?}: {why} ({} open, {})", report.open, report.faults()),
        }
    }
}

fn line(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}
