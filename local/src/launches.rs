//! How each process of a stack is started: its program, arguments, user and log.

use crate::access::Access;
use crate::child::Launch;
use crate::config::{Service, StackConfig};
use crate::ports::Ports;
use crate::postgres;
use crate::secrets::Secrets;
use crate::tools::Tools;
use anyhow::{Result, bail};
use nix::sys::signal::Signal;
use std::path::{Path, PathBuf};

/// The one configuration of nats-server, shared with `compose.yaml`.
const NATS_CONFIG: &str = include_str!("../../nats.conf");

/// Everything that launches are made from.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) config: StackConfig,
    pub(crate) secrets: Secrets,
    pub(crate) ports: Ports,
    pub(crate) tools: Tools,
    pub(crate) access: Access,
    /// The folder of the cluster, which may be elsewhere than in the stack's.
    pub(crate) postgres_home: PathBuf,
}

impl Plan {
    pub(crate) fn launch(&self, service: Service) -> Result<Launch> {
        let log = service.to_string();
        let launch = match service {
            Service::Nats => {
                let config = self.config.dir.join("nats.conf");
                std::fs::write(&config, NATS_CONFIG)?;
                self.plain(&self.tools.nats_server, &log)?.args(["-c".as_ref(), config.as_os_str()])
            }
            Service::Postgres => self.postgres(&log)?,
            Service::S3 => self.ours("northstar-local", &log)?.args(["s3"]),
            Service::Edge(_) => self.ours("northstar-edge", &log)?,
            Service::Worker(_) => self.ours("northstar-workers", &log)?.args(["run"]),
        };
        Ok(Launch { env: self.env(service), ..launch })
    }

    /// Ends by itself.
    pub(crate) fn migrate(&self) -> Result<Launch> {
        let launch = self.ours("northstar-workers", "migrate")?.args(["migrate"]);
        Ok(Launch { env: self.migrate_env(), ..launch })
    }

    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.config.dir.join(format!("log/{name}.log"))
    }

    pub(crate) fn postgres_data(&self) -> PathBuf {
        self.postgres_home.join("data")
    }

    fn postgres(&self, log: &str) -> Result<Launch> {
        let plain = self.plain(&self.tools.postgres_bin.join("postgres"), log)?;
        Ok(Launch {
            args: postgres::args(&self.postgres_data(), self.ports.postgres),
            run_as: postgres::run_as()?,
            stop: Signal::SIGINT, // "Fast": ends the sessions, keeps what was committed.
            on_parent_death: Signal::SIGINT,
            ..plain
        })
    }

    /// A program of this workspace, which stands beside this one.
    fn ours(&self, program: &str, log: &str) -> Result<Launch> {
        self.plain(&self.config.bin_dir.join(program), log)
    }

    fn plain(&self, program: &Path, log: &str) -> Result<Launch> {
        let wrapper = self.config.bin_dir.join("northstar-local");
        if let Some(missing) = [wrapper.as_path(), program].into_iter().find(|path| !path.exists()) {
            bail!("there is no {}: run `cargo build --workspace --bins`", missing.display());
        }
        Ok(Launch {
            wrapper,
            program: program.to_path_buf(),
            args: Vec::new(),
            env: Vec::new(),
            log: self.log(log),
            run_as: None,
            stop: Signal::SIGTERM,
            on_parent_death: Signal::SIGKILL,
        })
    }
}
