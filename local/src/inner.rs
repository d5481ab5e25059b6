//! What a stack and its supervisor share: the plan, the processes, and how both are told in `stack.json`.

use crate::access::Access;
use crate::config::{Service, StackConfig};
use crate::demo::Session;
use crate::files::{self, ACCESS_FILE, STACK_FILE};
use crate::info::{EdgeInfo, S3Info, ServerInfo, StackInfo, WorkerInfo};
use crate::launches::Plan;
use crate::owner;
use crate::ports::{Ports, Reserved};
use crate::postgres;
use crate::secrets::Secrets;
use crate::slots::Slots;
use crate::tools::Tools;
use anyhow::{Result, bail};
use std::fs::{self, File};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const MIGRATE_AT_MOST: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) plan: Plan,
    pub(crate) slots: Slots,
    demo: Mutex<Option<Session>>,
    pub(crate) http: reqwest::Client,
    /// Held as long as the stack runs: two stacks in one folder would ruin each other.
    _lock: File,
    _ports: Reserved,
}

impl Inner {
    pub(crate) async fn new(mut config: StackConfig) -> Result<Self> {
        config.dir = files::create_passable(&config.dir)?;
        for private in ["log", "nats", "s3"] {
            files::create_private(&config.dir.join(private))?;
        }
        let lock = owner::claim(&config.dir)?;
        let _ = fs::remove_file(config.dir.join(STACK_FILE)); // Left by one that was killed.
        let (tools_dir, progress) = (config.tools_dir.clone(), config.progress);
        let tools = tokio::task::spawn_blocking(move || Tools::find_or_install(&tools_dir, progress)).await??;
        let secrets = Secrets::of(&config.dir)?;
        let (ports, reserved) = Ports::of(&config)?;
        let access = Access::new(&secrets, &ports, &tools);
        files::write_json(&config.dir.join(ACCESS_FILE), &access)?;
        let postgres_home = postgres::reachable(&config.dir.join("postgres"))?;
        let plan = Plan { config, secrets, ports, tools, access, postgres_home };
        Ok(Self {
            plan,
            slots: Slots::default(),
            demo: Mutex::default(),
            http: reqwest::Client::new(),
            _lock: lock,
            _ports: reserved,
        })
    }

    pub(crate) async fn migrate(&self) -> Result<()> {
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
    pub(crate) fn write_info_if_started(&self) -> Result<()> {
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

    pub(crate) fn demo(&self) -> MutexGuard<'_, Option<Session>> {
        self.demo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
