//! Commands of the figures, as a client of the contract sends them.

use crate::event::{self, ATOM};
use crate::http::{self, Connection, Response};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;
use subjects::code::Code;
use subjects::document::Op;
use uuid::Uuid;

/// A writer of one canvas with one connection.
#[derive(Debug)]
pub(crate) struct Client {
    connection: Connection,
    path: String,
    headers: String,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Applied(Applied),
    /// The canvas is at another rev.
    Mismatch {
        head_rev: u64,
    },
    /// Accepted, not answered in time.
    Pending,
    /// Anything else, with its status.
    Refused(u16, String),
}

/// A command was applied.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Applied {
    pub(crate) head_rev: u64,
    pub(crate) commit_id: Uuid,
    pub(crate) seq: u64,
}

#[derive(Deserialize)]
struct Problem {
    code: Code,
    head_rev: Option<u64>,
}

impl Client {
    pub(crate) fn new(connection: Connection, path: &str, headers: &str) -> Self {
        Self { connection, path: path.into(), headers: headers.into() }
    }

    /// Connects anew, after a silence.
    pub(crate) async fn reconnect(&mut self) -> Result<()> {
        self.connection = self.connection.again().await?;
        Ok(())
    }

    /// Sends a command and goes on; [`Client::outcome`] has its answer.
    pub(crate) async fn send(&mut self, command: &str) -> Result<()> {
        self.connection.send(&http::request("POST", &self.path, &self.headers, command)).await
    }

    /// What became of the command that was sent.
    pub(crate) async fn outcome(&mut self) -> Result<Outcome> {
        read(&self.connection.receive().await?)
    }

    /// Sends a command that must be applied.
    pub(crate) async fn apply(&mut self, command: &str) -> Result<Applied> {
        self.send(command).await?;
        match self.outcome().await? {
            Outcome::Applied(applied) => Ok(applied),
            other => bail!("a command was not applied: {other:?}"),
        }
    }

    /// Puts the atom that the figures write to onto an empty canvas.
    pub(crate) async fn add_atom(&mut self) -> Result<Applied> {
        let op = Op::AddAtom {
            atom_id: ATOM.parse()?,
            parent_id: None,
            index: 0,
            kind: "text".into(),
            tokens: Default::default(),
        };
        self.apply(&command(0, &op)).await
    }
}

/// A command that says when it was sent.
pub(crate) fn set(base_rev: u64, sent_us: u64) -> String {
    command(base_rev, &event::op(sent_us))
}

fn command(base_rev: u64, op: &Op) -> String {
    let id = Uuid::now_v7();
    json!({ "v": 1, "command_id": id, "idempotency_key": id, "base_rev": base_rev, "ops": [op] }).to_string()
}

fn read(response: &Response) -> Result<Outcome> {
    let body = &response.body;
    Ok(match response.status {
        200 => Outcome::Applied(serde_json::from_slice(body)?),
        202 => Outcome::Pending,
        status => match serde_json::from_slice(body) {
            Ok(Problem { code: Code::RevMismatch, head_rev }) => {
                Outcome::Mismatch { head_rev: head_rev.context("no head_rev")? }
            }
            Ok(Problem { .. }) | Err(_) => Outcome::Refused(status, String::from_utf8_lossy(body).into_owned()),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let check = |status, body: &str, expected| {
            assert_eq!(read(&Response { status, body: body.into() }).unwrap(), expected);
        };
        let applied = Applied { head_rev: 7, commit_id: Uuid::nil(), seq: 9 };
        let body = format!(r#"{{"head_rev":7,"commit_id":"{}","seq":9,"cursor":"c","state_hash":"00"}}"#, Uuid::nil());
        check(200, &body, Outcome::Applied(applied));
        check(202, "{}", Outcome::Pending);
        check(409, r#"{"code":"REV_MISMATCH","head_rev":4,"base_rev":3}"#, Outcome::Mismatch { head_rev: 4 });
        check(429, r#"{"code":"RATE_LIMITED"}"#, Outcome::Refused(429, r#"{"code":"RATE_LIMITED"}"#.into()));
        check(502, "gone", Outcome::Refused(502, "gone".into()));
    }
}
