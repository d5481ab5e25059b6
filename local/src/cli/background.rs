//! A stack that goes on after the command which started it: the same program again, in a session of its own.

use anyhow::{Context, Result, bail};
use local::{STACK_FILE, StackInfo};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const POLL: Duration = Duration::from_millis(50);

/// Starts `northstar-local` with `args` in the background, repeats what it prints until its stack is ready, and leaves it.
pub(crate) async fn start(dir: &Path, args: &[String]) -> Result<StackInfo> {
    let logs = dir.join("log");
    fs::create_dir_all(&logs)?;
    let log = logs.join("supervisor.log");
    let written = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let stack_file = dir.join(STACK_FILE);
    let _ = fs::remove_file(&stack_file); // Left by one that was killed: when it appears, it is new.
    let mut command = Command::new(std::env::current_exe()?);
    command.args(args).stdin(Stdio::null()).stdout(written.try_clone()?).stderr(written);
    follow(command.spawn()?, File::open(log)?, &stack_file).await
}

async fn follow(mut supervisor: Child, mut log: File, stack_file: &Path) -> Result<StackInfo> {
    loop {
        let ended = supervisor.try_wait()?;
        let mut said = String::new();
        log.read_to_string(&mut said)?;
        std::io::stderr().write_all(said.as_bytes())?;
        if ended.is_some() {
            bail!("the stack could not be started");
        }
        if stack_file.exists() {
            return StackInfo::read(stack_file);
        }
        tokio::time::sleep(POLL).await;
    }
}
