//! How each process of a stack is started: its program, arguments, environment and log.

use crate::access::{Access, BUCKET};
use crate::child::Launch;
use crate::config::{Service, StackConfig};
use crate::env;
use crate::ports::Ports;
use crate::postgres;
use crate::secrets::Secrets;
use crate::tools::Tools;
use anyhow::{Result, bail};
use nix::sys::signal::Signal;
use std::ffi::OsString;
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
        match service {
            Service::Nats => self.nats(),
            Service::Postgres => self.postgres(),
            Service::S3 => self.s3(),
            Service::Edge(index) => self.edge(index),
            Service::Worker(index) => self.worker(index),
        }
    }

    /// Ends by itself.
    pub(crate) fn migrate(&self) -> Result<Launch> {
        let mut env = self.bus_and_stores(&self.access.nats_ctl_url, &self.access.postgres_admin_url);
        env.extend(pairs([
            (env::POSTGRES_EDGE_PASSWORD, &self.secrets.postgres_edge),
            (env::POSTGRES_WORKER_PASSWORD, &self.secrets.postgres_worker),
        ]));
        Ok(Launch { args: args(["migrate"]), env, ..self.ours("northstar-workers", "migrate")? })
    }

    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.config.dir.join(format!("log/{name}.log"))
    }

    fn nats(&self) -> Result<Launch> {
        let config = self.config.dir.join("nats.conf");
        std::fs::write(&config, NATS_CONFIG)?;
        let store = self.config.dir.join("nats");
        let env = pairs([
            ("NATS_HOST", "127.0.0.1"),
            ("NATS_PORT", &self.ports.nats.to_string()),
            ("NATS_HTTP_PORT", &self.ports.nats_http.to_string()),
            ("NATS_STORE_DIR", &store.to_string_lossy()),
            ("NATS_CTL_PASSWORD", &self.secrets.nats_ctl),
            ("NATS_EDGE_PASSWORD", &self.secrets.nats_edge),
            ("NATS_WORKER_PASSWORD", &self.secrets.nats_worker),
        ]);
        Ok(Launch { args: vec!["-c".into(), config.into()], env, ..self.plain(&self.tools.nats_server, "nats")? })
    }

    fn postgres(&self) -> Result<Launch> {
        let plain = self.plain(&self.tools.postgres_bin.join("postgres"), "postgres")?;
        Ok(Launch {
            args: postgres::args(&self.postgres_data(), self.ports.postgres),
            run_as: postgres::run_as()?,
            stop: Signal::SIGINT, // "Fast": ends the sessions, keeps what was committed.
            on_parent_death: Signal::SIGINT,
            ..plain
        })
    }

    pub(crate) fn postgres_data(&self) -> PathBuf {
        self.postgres_home.join("data")
    }

    fn s3(&self) -> Result<Launch> {
        let dir = self.config.dir.join("s3");
        let env = pairs([
            ("NORTHSTAR_S3_LISTEN", format!("127.0.0.1:{}", self.ports.s3).as_str()),
            ("NORTHSTAR_S3_DIR", &dir.to_string_lossy()),
            (env::S3_BUCKET, BUCKET),
            (env::S3_ACCESS_KEY_ID, &self.secrets.s3_access_key_id),
            (env::S3_SECRET_ACCESS_KEY, &self.secrets.s3_secret_access_key),
        ]);
        Ok(Launch { args: args(["s3"]), env, ..self.ours("northstar-local", "s3")? })
    }

    fn edge(&self, index: usize) -> Result<Launch> {
        let mut env = self.bus_and_stores(&self.access.nats_edge_url, &self.access.postgres_edge_url);
        env.extend(pairs([
            (env::EDGE_LISTEN, format!("127.0.0.1:{}", self.ports.edges[index]).as_str()),
            (env::TOKEN_SECRET, &self.secrets.token),
            (env::CURSOR_SECRET, &self.secrets.cursor),
        ]));
        env.extend(self.config.edge_env.iter().cloned());
        Ok(Launch { env, ..self.ours("northstar-edge", &Service::Edge(index).to_string())? })
    }

    fn worker(&self, index: usize) -> Result<Launch> {
        let mut env = self.bus_and_stores(&self.access.nats_worker_url, &self.access.postgres_worker_url);
        env.extend(pairs([
            (env::WORKERS_LISTEN, format!("127.0.0.1:{}", self.ports.workers[index]).as_str()),
            (env::WORKERS_ROLES, &self.config.worker_roles.join(",")),
        ]));
        env.extend(self.config.worker_env.iter().cloned());
        Ok(Launch { args: args(["run"]), env, ..self.ours("northstar-workers", &Service::Worker(index).to_string())? })
    }

    fn bus_and_stores(&self, nats_url: &str, postgres_url: &str) -> Vec<(String, String)> {
        pairs([
            (env::NATS_URL, nats_url),
            (env::POSTGRES_URL, postgres_url),
            (env::S3_ENDPOINT, &self.access.s3_endpoint),
            (env::S3_REGION, &self.access.s3_region),
            (env::S3_BUCKET, &self.access.s3_bucket),
            (env::S3_ACCESS_KEY_ID, &self.access.s3_access_key_id),
            (env::S3_SECRET_ACCESS_KEY, &self.access.s3_secret_access_key),
            (env::S3_PATH_STYLE, "true"),
        ])
    }

    /// A program of this workspace, which stands beside this one.
    fn ours(&self, program: &str, log: &str) -> Result<Launch> {
        self.plain(&self.config.bin_dir.join(program), log)
    }

    fn plain(&self, program: &Path, log: &str) -> Result<Launch> {
        let wrapper = self.config.bin_dir.join("northstar-local");
        if let Some(missing) = [&wrapper, program].into_iter().find(|path| !path.exists()) {
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

fn args<const N: usize>(args: [&str; N]) -> Vec<OsString> {
    args.map(OsString::from).to_vec()
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}
