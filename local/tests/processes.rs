//! The whole stack, as `./dev up` and the tests run it: it comes back, it goes down, it leaves nothing behind.

use anyhow::{Context, Result, ensure};
use local::{Restart, STACK_FILE, Service, Stack, StackConfig, StackInfo};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(20);
const AT_MOST: Duration = Duration::from_secs(20);

/// Waits for a state, with a deadline.
async fn until(what: &str, holds: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + AT_MOST;
    while !holds() {
        ensure!(Instant::now() < deadline, "not within {AT_MOST:?}: {what}");
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

fn northstar_local(dir: &Path, args: &[&str]) -> Result<Output> {
    let output = Command::new(env!("CARGO_BIN_EXE_northstar-local")).args(args).arg("--dir").arg(dir).output()?;
    ensure!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output)
}

/// A stack in the background goes down with the test, however that ends.
struct Detached<'a>(&'a Path);

impl Drop for Detached<'_> {
    fn drop(&mut self) {
        let _ = northstar_local(self.0, &["down"]);
    }
}

fn pids(info: &StackInfo) -> Vec<u32> {
    let ours = info.edges.iter().map(|edge| edge.pid).chain(info.workers.iter().map(|worker| worker.pid));
    ours.chain([info.nats.pid, info.postgres.pid, info.s3.pid]).flatten().collect()
}

fn is_alive(pid: u32) -> bool {
    kill(Pid::from_raw(pid.cast_signed()), None).is_ok()
}

#[tokio::test]
async fn an_edge_and_a_worker_that_die_come_back() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut config = StackConfig::new(dir.path());
    config.restart = Restart::EdgesAndWorkers;
    let stack = Stack::start(config).await?;
    let before = stack.info();
    stack.kill(Service::Edge(0))?;
    stack.kill(Service::Worker(0))?;
    until("stack.json tells of two new processes", || {
        let now = StackInfo::read(&stack.path()).ok();
        now.is_some_and(|now| {
            let is_new = |new: Option<u32>, old: Option<u32>| new.is_some() && new != old;
            is_new(now.edges[0].pid, before.edges[0].pid) && is_new(now.workers[0].pid, before.workers[0].pid)
        })
    })
    .await?;
    stack.ready(Service::Edge(0)).await?;
    stack.ready(Service::Worker(0)).await?;
    assert_eq!(stack.info().edges[0].url, before.edges[0].url);
    stack.stop().await
}

#[tokio::test]
async fn a_restarted_worker_keeps_its_further_environment() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let stack = Stack::start(StackConfig::new(dir.path())).await?;
    stack.restart_with_env(Service::Worker(0), &[("NORTHSTAR_WORKERS_ROLES", "nonsense")]).await.expect_err("exits 2");
    stack.restart_with_env(Service::Worker(0), &[("NORTHSTAR_WORKERS_ROLES", "apply")]).await?;
    stack.kill(Service::Worker(0))?;
    stack.start_service(Service::Worker(0)).await?;
    stack.stop().await
}

#[tokio::test]
async fn nothing_outlives_a_killed_supervisor_and_the_next_start_has_the_data() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let stack_file = dir.path().join(STACK_FILE);
    let _down = Detached(dir.path());
    let first = northstar_local(dir.path(), &["up", "--detach"])?;
    let before = StackInfo::read(&stack_file)?;
    let owner = local::owner(dir.path())?.context("a stack that runs has an owner")?;
    assert!(String::from_utf8(first.stdout)?.contains(&before.edges[0].url));

    kill(owner, Signal::SIGKILL)?;
    until("all processes have gone", || !pids(&before).into_iter().any(is_alive)).await?;

    northstar_local(dir.path(), &["up", "--detach"])?;
    let after = StackInfo::read(&stack_file)?;
    let tenant = |info: &StackInfo| info.demo.as_ref().map(|demo| demo.tenant_id.clone());
    assert_eq!((tenant(&before), &before.nats.url), (tenant(&after), &after.nats.url));

    northstar_local(dir.path(), &["down"])?;
    assert!(!pids(&after).into_iter().any(is_alive));
    assert!(local::owner(dir.path())?.is_none() && !stack_file.exists());
    Ok(())
}

#[tokio::test]
async fn up_again_starts_what_had_died() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let stack_file = dir.path().join(STACK_FILE);
    let _down = Detached(dir.path());
    northstar_local(dir.path(), &["up", "--detach"])?;
    let before = StackInfo::read(&stack_file)?;
    let postgres = before.postgres.pid.context("postgres runs")?;
    kill(Pid::from_raw(postgres.cast_signed()), Signal::SIGKILL)?;
    until("stack.json says so", || StackInfo::read(&stack_file).is_ok_and(|now| now.postgres.pid.is_none())).await?;

    northstar_local(dir.path(), &["up"])?;
    let after = StackInfo::read(&stack_file)?;
    assert!(after.postgres.pid.is_some_and(|pid| pid != postgres && is_alive(pid)));
    assert_eq!(before.nats.pid, after.nats.pid);
    northstar_local(dir.path(), &["down"])?;
    Ok(())
}
