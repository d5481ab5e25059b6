//! One process of the stack: how it is started, signalled and waited for.

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(5);

/// A user that a process runs as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunAs {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// How a process is started. The same launch starts it again.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// `northstar-local`, which becomes `program`.
    pub(crate) wrapper: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    /// On top of our own; the last of a name counts.
    pub(crate) env: Vec<(String, String)>,
    /// Grows by what it prints.
    pub(crate) log: PathBuf,
    pub(crate) run_as: Option<RunAs>,
    /// Asks it to stop, now; what it gets, too, when we die without a word.
    pub(crate) stop: Signal,
    pub(crate) on_parent_death: Signal,
}

/// A running process. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Child {
    process: Process,
}

impl Launch {
    /// With these arguments, and no others.
    #[must_use]
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        self
    }

    pub(crate) fn spawn(&self) -> Result<Child> {
        let process =
            spawn_for_life(self.command()?).with_context(|| format!("cannot start {}", self.wrapper.display()))?;
        Ok(Child { process })
    }

    fn command(&self) -> Result<Command> {
        let log = File::options().create(true).append(true).open(&self.log);
        let log = log.with_context(|| format!("cannot write {}", self.log.display()))?;
        let mut command = Command::new(&self.wrapper);
        command.args(["exec-child", "--parent", &std::process::id().to_string()]);
        command.args(["--on-parent-death", self.on_parent_death.as_str()]);
        if let Some(user) = self.run_as {
            command.args(["--uid", &user.uid.to_string(), "--gid", &user.gid.to_string()]);
        }
        command.arg("--").arg(&self.program).args(&self.args);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        // A group of its own: Ctrl-C is for us, who stop the others in order.
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        Ok(command)
    }
}

impl Child {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has ended, by itself or by us.
    pub(crate) fn exit_status(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().ok().flatten()
    }

    /// Nothing happens when it has ended.
    pub(crate) fn signal(&mut self, signal: Signal) {
        if self.exit_status().is_none() {
            // Not yet waited for, so that the number is still its own.
            let _ = kill(Pid::from_raw(self.pid().cast_signed()), signal);
        }
    }

    /// Ends it now; afterwards it is gone.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        let _ = self.process.wait();
    }

    /// Waits until it has ended, at most so long.
    pub(crate) async fn ended(&mut self, at_most: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + at_most;
        loop {
            if let Some(status) = self.exit_status() {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Asks it to stop and waits; kills it when it takes longer.
    pub(crate) async fn stop(mut self, signal: Signal, at_most: Duration) {
        self.signal(signal);
        self.signal(Signal::SIGCONT);
        if self.ended(at_most).await.is_none() {
            self.kill();
        }
    }

    /// As `stop`, for where nothing can be awaited.
    #[expect(clippy::disallowed_methods, reason = "a drop can only block")]
    pub(crate) fn stop_blocking(mut self, signal: Signal, at_most: Duration) {
        let deadline = Instant::now() + at_most;
        self.signal(signal);
        self.signal(Signal::SIGCONT);
        while self.exit_status().is_none() && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

type Spawn = (Command, mpsc::Sender<std::io::Result<Process>>);

/// Linux tells a child of the death of the *thread* that started it, and threads of a runtime come and go; so that all
/// children are started by one thread which lives as long as the process.
static SPAWNER: LazyLock<Mutex<mpsc::Sender<Spawn>>> = LazyLock::new(|| {
    let (sender, receiver) = mpsc::channel::<Spawn>();
    std::thread::spawn(move || {
        for (mut command, reply) in receiver {
            let _ = reply.send(command.spawn());
        }
    });
    Mutex::new(sender)
});

fn spawn_for_life(command: Command) -> std::io::Result<Process> {
    let gone = || std::io::Error::other("the spawning thread has gone");
    let (reply, answer) = mpsc::channel();
    let sender = SPAWNER.lock().map_err(|_| gone())?.clone();
    sender.send((command, reply)).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}
