//! A binary of ours, run by itself: what it says, and how it ends.

use crate::until::{SOON, within};
use local::StackConfig;
use std::process::Stdio;
use tokio::process::Command;

/// A program that is not started yet, with nothing in its environment.
#[derive(Debug)]
pub struct Program(Command);

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    /// None when a signal ended it.
    pub exit_code: Option<i32>,
    /// What it said, line by line.
    pub stderr: Vec<String>,
}

impl Program {
    /// `northstar-edge` or `northstar-workers`.
    pub fn named(name: &str) -> Self {
        let path = StackConfig::new("unused").bin_dir.join(name);
        let mut command = Command::new(path);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        Self(command)
    }

    /// With arguments.
    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Self {
        self.0.args(args);
        self
    }

    /// With one more environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it until it ends by itself.
    pub async fn ends(mut self) -> Ended {
        let output = within(SOON, "the program ends", self.0.output()).await.expect("the program runs");
        let stderr = String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect();
        Ended { exit_code: output.status.code(), stderr }
    }
}
