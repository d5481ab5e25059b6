//! A running stack: start, stop, and what a test may do to each of its processes in between.

use crate::access::Access;
use crate::config::{Migration, Restart, Service, StackConfig};
use crate::demo;
use crate::files::{self, DEMO_HEADERS_FILE, STACK_FILE};
use crate::info::StackInfo;
use crate::inner::Inner;
use crate::launches::Plan;
use crate::postgres;
use crate::ready;
use crate::supervise;
use anyhow::{Context, Result, bail};
use futures_util::future::{join_all, try_join_all};
use nix::sys::signal::Signal;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How long a service takes at most from its start until it answers.
const READY_AT_MOST: Duration = Duration::from_secs(60);
const READY_POLL: Duration = Duration::from_millis(20);
/// How long a service may take to stop of itself before it is killed.
const STOP_AT_MOST: Duration = Duration::from_secs(25);
/// The same where nothing can be awaited: a test that is over or a start that failed.
const DROP_AT_MOST: Duration = Duration::from_secs(5);

/// A running stack. Dropped, it takes all of its processes with it; [`Stack::stop`] does so gently.
#[derive(Debug)]
pub struct Stack {
    pub(crate) inner: Arc<Inner>,
    supervisor: Option<JoinHandle<()>>,
}

impl Stack {
    /// Starts everything and returns when everything answers: servers, then the migration, then edges and workers, then
    /// the demo user. Installs what is missing. On a failure nothing stays behind.
    pub async fn start(config: StackConfig) -> Result<Self> {
        let mut stack = Self { inner: Arc::new(Inner::new(config).await?), supervisor: None };
        let Inner { plan, .. } = &*stack.inner;
        let told = plan.config.progress;
        let step = told.step("nats-server, PostgreSQL and S3", "starting");
        tokio::try_join!(
            stack.start_service(Service::Nats),
            stack.start_service(Service::Postgres),
            stack.start_service(Service::S3)
        )?;
        step.done("are ready");
        if plan.config.migration == Migration::Run {
            let step = told.step("schema, streams and tenants", "migrating");
            stack.inner.migrate().await?;
            step.done("are ready");
        }
        let step =
            told.step(format!("edges ({}) and workers ({})", plan.config.edges, plan.config.workers), "starting");
        try_join_all(stack.ours().into_iter().map(|service| stack.start_service(service))).await?;
        step.done("are ready");
        if plan.config.edges > 0 && plan.config.migration == Migration::Run {
            stack.renew_demo().await?;
        }
        stack.inner.write_info()?;
        if plan.config.restart == Restart::EdgesAndWorkers {
            stack.supervisor = Some(tokio::spawn(supervise::run(Arc::downgrade(&stack.inner))));
        }
        Ok(stack)
    }

    /// What runs now.
    pub fn info(&self) -> StackInfo {
        self.inner.info()
    }

    /// Every key to it.
    pub fn access(&self) -> &Access {
        &self.inner.plan.access
    }

    /// Where `stack.json` is.
    pub fn path(&self) -> PathBuf {
        self.inner.plan.config.dir.join(STACK_FILE)
    }

    /// What the service has printed so far.
    pub fn log(&self, service: Service) -> String {
        fs::read_to_string(self.inner.plan.log(&service.to_string())).unwrap_or_default()
    }

    /// SIGKILL. Returns when the process is gone; of PostgreSQL the postmaster, whose others follow it by themselves.
    pub fn kill(&self, service: Service) -> Result<()> {
        self.inner.slots.kill(service)?;
        self.inner.write_info()
    }

    /// Asks it to stop and waits until it has; kills it when it takes too long. It stays down until `start_service`.
    pub async fn stop_service(&self, service: Service) -> Result<()> {
        if let Some((child, signal)) = self.inner.slots.take(service) {
            child.stop(signal, STOP_AT_MOST).await;
        }
        self.inner.write_info()
    }

    /// Starts it, with the same address and data as before, and returns when it answers. Nothing happens when it runs.
    pub async fn start_service(&self, service: Service) -> Result<()> {
        let launch = self.inner.plan.launch(service)?;
        if service == Service::Postgres && self.inner.slots.pid(service).is_none() {
            let Plan { postgres_home, secrets, .. } = &self.inner.plan;
            postgres::remains_gone(&self.inner.plan.postgres_data()).await?;
            postgres::init(postgres_home, &launch, &secrets.postgres_admin).await?;
        }
        self.inner.slots.start(service, launch)?;
        self.ready(service).await?;
        if service == Service::Postgres {
            postgres::create_database(&self.access().postgres_admin_url).await?;
        }
        self.inner.write_info_if_started()
    }

    /// Stops and starts it with further environment, which it keeps from then on.
    pub async fn restart_with_env(&self, service: Service, env: &[(&str, &str)]) -> Result<()> {
        self.stop_service(service).await?;
        self.inner.slots.add_env(service, env);
        self.start_service(service).await
    }

    /// SIGSTOP: the process is there and does nothing. Of PostgreSQL, all processes.
    pub fn pause(&self, service: Service) -> Result<()> {
        self.signal(service, Signal::SIGSTOP)
    }

    /// SIGCONT, after `pause`.
    pub fn resume(&self, service: Service) -> Result<()> {
        self.signal(service, Signal::SIGCONT)
    }

    /// Any signal, e.g. SIGTERM to watch how it drains.
    pub fn signal(&self, service: Service, signal: Signal) -> Result<()> {
        if service == Service::Postgres && matches!(signal, Signal::SIGSTOP | Signal::SIGCONT) {
            postgres::signal_all(&self.inner.plan.postgres_data(), signal);
            return Ok(());
        }
        self.inner.slots.signal(service, signal)
    }

    /// Waits until it answers (`/readyz`, a query, …), a minute at most. Fails at once when it has ended for good.
    pub async fn ready(&self, service: Service) -> Result<()> {
        self.ready_within(service, READY_AT_MOST).await
    }

    /// As `ready`, with a deadline.
    pub async fn ready_within(&self, service: Service, at_most: Duration) -> Result<()> {
        let deadline = Instant::now() + at_most;
        loop {
            let Err(reason) = ready::probe(service, self.access(), &self.inner.http).await else {
                return Ok(());
            };
            if self.supervisor.is_none() {
                self.inner.slots.alive(service)?;
            }
            if Instant::now() >= deadline {
                return Err(reason.context(format!("{service} is not ready after {at_most:?}")));
            }
            tokio::time::sleep(READY_POLL).await;
        }
    }

    /// Waits until it stops answering, e.g. because what it needs is gone.
    pub async fn unready_within(&self, service: Service, at_most: Duration) -> Result<()> {
        let deadline = Instant::now() + at_most;
        while ready::probe(service, self.access(), &self.inner.http).await.is_ok() {
            if Instant::now() >= deadline {
                bail!("{service} is still ready after {at_most:?}");
            }
            tokio::time::sleep(READY_POLL).await;
        }
        Ok(())
    }

    /// Starts whatever does not run.
    pub async fn heal(&self) -> Result<()> {
        for service in self.inner.slots.services() {
            self.start_service(service).await?;
        }
        Ok(())
    }

    /// Gives the demo user a new token. Says how long it is good for.
    pub async fn renew_demo(&self) -> Result<Duration> {
        let session = demo::enter(self.access(), &self.inner.http).await?;
        let good_for = session.good_for;
        files::write_private(&self.inner.plan.config.dir.join(DEMO_HEADERS_FILE), &session.demo.headers())?;
        *self.inner.demo() = Some(session);
        self.inner.write_info_if_started()?;
        Ok(good_for)
    }

    /// How long the demo user's token was good for when it was made; none when there is no such user.
    pub fn demo_good_for(&self) -> Option<Duration> {
        self.inner.demo().as_ref().map(|session| session.good_for)
    }

    /// Stops edges, then workers, S3, nats-server and PostgreSQL, each gently. Afterwards nothing of it runs.
    pub async fn stop(self) -> Result<()> {
        let (edges, workers): (Vec<_>, Vec<_>) =
            self.ours().into_iter().partition(|service| matches!(service, Service::Edge(_)));
        for group in [edges, workers, vec![Service::S3], vec![Service::Nats], vec![Service::Postgres]] {
            join_all(group.into_iter().map(|service| self.stop_service(service))).await;
        }
        fs::remove_file(self.path()).context("stack.json had gone")
    }

    /// The processes that are this workspace's own.
    fn ours(&self) -> Vec<Service> {
        let StackConfig { edges, workers, .. } = self.inner.plan.config;
        (0..edges).map(Service::Edge).chain((0..workers).map(Service::Worker)).collect()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Some(supervisor) = &self.supervisor {
            supervisor.abort();
        }
        // Backwards: those who use a server go before it.
        for service in self.inner.slots.services().into_iter().rev() {
            let Some((child, _)) = self.inner.slots.take(service) else { continue };
            match service {
                Service::Postgres => child.stop_blocking(Signal::SIGQUIT, DROP_AT_MOST), // Takes its processes along.
                Service::Nats | Service::S3 | Service::Edge(_) | Service::Worker(_) => drop(child),
            }
        }
        let _ = fs::remove_file(self.path());
    }
}
