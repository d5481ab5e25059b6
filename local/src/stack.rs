//! A running stack: start, stop, and what a test may do to each of its processes in between.

use crate::access::Access;
use crate::config::{Migration, Restart, Service, StackConfig};
use crate::demo::{self, Session};
use crate::files::{self, ACCESS_FILE, DEMO_HEADERS_FILE, STACK_FILE};
use crate::info::{EdgeInfo, S3Info, ServerInfo, StackInfo, WorkerInfo};
use crate::launches::Plan;
use crate::owner;
use crate::ports::Ports;
use crate::postgres;
use crate::ready;
use crate::secrets::Secrets;
use crate::slots::Slots;
use crate::supervise;
use crate::tools::Tools;
use anyhow::{Context, Result, bail};
use futures_util::future::{join_all, try_join_all};
use nix::sys::signal::Signal;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How long a service takes at most from its start until it answers.
const READY_AT_MOST: Duration = Duration::from_secs(60);
const READY_POLL: Duration = Duration::from_millis(20);
const MIGRATE_AT_MOST: Duration = Duration::from_secs(120);
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

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) plan: Plan,
    pub(crate) slots: Slots,
    demo: Mutex<Option<Session>>,
    http: reqwest::Client,
    /// Held as long as the stack runs: two stacks in one folder would ruin each other.
    _lock: File,
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

impl Inner {
    async fn new(mut config: StackConfig) -> Result<Self> {
        config.dir = files::create_passable(&config.dir)?;
        for private in ["log", "nats", "s3"] {
            files::create_private(&config.dir.join(private))?;
        }
        let lock = owner::claim(&config.dir)?;
        let _ = fs::remove_file(config.dir.join(STACK_FILE)); // Left by one that was killed.
        let (tools_dir, progress) = (config.tools_dir.clone(), config.progress);
        let tools = tokio::task::spawn_blocking(move || Tools::find_or_install(&tools_dir, progress)).await??;
        let secrets = Secrets::of(&config.dir)?;
        let ports = Ports::of(&config)?;
        let access = Access::new(&secrets, &ports, &tools);
        files::write_json(&config.dir.join(ACCESS_FILE), &access)?;
        let postgres_home = postgres::reachable(&config.dir.join("postgres"))?;
        let plan = Plan { config, secrets, ports, tools, access, postgres_home };
        Ok(Self { plan, slots: Slots::default(), demo: Mutex::default(), http: reqwest::Client::new(), _lock: lock })
    }

    async fn migrate(&self) -> Result<()> {
        let launch = self.plan.migrate()?;
        match launch.spawn()?.ended(MIGRATE_AT_MOST).await {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("northstar-workers migrate failed ({status}): {}", files::log_tail(&launch.log)),
            None => bail!("northstar-workers migrate did not end: {}", files::log_tail(&launch.log)),
        }
    }

    pub(crate) fn write_info(&self) -> Result<()> {
        files::write_json(&self.plan.config.dir.join(STACK_FILE), &self.info())
    }

    /// Until the whole stack has started there is no `stack.json`: who sees it may rely on all of it.
    fn write_info_if_started(&self) -> Result<()> {
        if self.plan.config.dir.join(STACK_FILE).exists() { self.write_info() } else { Ok(()) }
    }

    pub(crate) fn info(&self) -> StackInfo {
        let Plan { config, access, .. } = &self.plan;
        let pid = |service| self.slots.pid(service);
        let edge = |(index, url): (usize, &String)| EdgeInfo { url: url.clone(), pid: pid(Service::Edge(index)) };
        StackInfo {
            edges: access.edge_urls.iter().enumerate().map(edge).collect(),
            workers: (0..config.workers)
                .map(|index| WorkerInfo { pid: pid(Service::Worker(index)), roles: config.worker_roles.clone() })
                .collect(),
            nats: ServerInfo { url: access.nats_ctl_url.clone(), pid: pid(Service::Nats) },
            postgres: ServerInfo { url: access.postgres_admin_url.clone(), pid: pid(Service::Postgres) },
            s3: S3Info {
                endpoint: access.s3_endpoint.clone(),
                bucket: access.s3_bucket.clone(),
                pid: pid(Service::S3),
            },
            demo: self.demo().as_ref().map(|session| session.demo.clone()),
        }
    }

    fn demo(&self) -> MutexGuard<'_, Option<Session>> {
        self.demo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
