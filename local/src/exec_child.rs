//! Becomes another program, as another user when asked, that does not outlive the process which started it.

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Pid, Uid, getppid, setgid, setgroups, setuid};
use std::convert::Infallible;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What to become.
#[derive(Debug, Clone, clap::Args)]
pub struct ExecChild {
    /// The process that must not be outlived.
    #[arg(long)]
    pub parent: i32,
    /// The signal that comes when it ends, e.g. `SIGKILL`.
    #[arg(long)]
    pub on_parent_death: Signal,
    /// The user to become.
    #[arg(long, requires = "gid")]
    pub uid: Option<u32>,
    /// The group to become.
    #[arg(long, requires = "uid")]
    pub gid: Option<u32>,
    /// The program and its arguments.
    #[arg(required = true, last = true)]
    pub command: Vec<OsString>,
}

/// Returns only when it could not be done.
pub fn run(args: &ExecChild) -> Result<Infallible> {
    if let (Some(uid), Some(gid)) = (args.uid, args.gid) {
        become_user(Uid::from_raw(uid), Gid::from_raw(gid))?;
    }
    follow_parent(args)?; // After the user changed: a change of user would clear it.
    let (program, rest) = args.command.split_first().context("no program")?;
    Err(Command::new(program).args(rest).exec()).with_context(|| format!("cannot run {}", program.display()))
}

fn become_user(uid: Uid, gid: Gid) -> Result<()> {
    setgroups(&[gid])?;
    setgid(gid)?;
    setuid(uid)?;
    Ok(())
}

fn follow_parent(args: &ExecChild) -> Result<()> {
    nix::sys::prctl::set_pdeathsig(args.on_parent_death)?;
    if getppid() != Pid::from_raw(args.parent) {
        bail!("the parent has gone"); // It went before we asked to be told.
    }
    Ok(())
}
