//! The environment: what each process of a stack is given, and the one place that reads ours.

use crate::access::BUCKET;
use crate::config::Service;
use crate::launches::Plan;
use crate::secrets::AUDIT_ORIGIN;
use std::ffi::OsString;

/// Names `stack.json` to a command that runs beside a stack.
pub(crate) const STACK: &str = "NORTHSTAR_STACK";

type Variables = Vec<(String, String)>;

/// What a variable of our own says.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn read(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

impl Plan {
    /// What a service is given.
    pub(crate) fn env(&self, service: Service) -> Variables {
        match service {
            Service::Nats => self.nats_env(),
            Service::Postgres => Vec::new(),
            Service::S3 => self.s3_env(),
            Service::Edge(index) => self.edge_env(index),
            Service::Worker(index) => self.worker_env(index),
        }
    }

    /// What the migration is given.
    pub(crate) fn migrate_env(&self) -> Variables {
        let mut env = self.bus_and_stores(&self.access.nats_ctl_url, &self.access.postgres_admin_url);
        env.extend(pairs([
            ("NORTHSTAR_POSTGRES_EDGE_PASSWORD", &self.secrets.postgres_edge),
            ("NORTHSTAR_POSTGRES_WORKER_PASSWORD", &self.secrets.postgres_worker),
        ]));
        env
    }

    fn nats_env(&self) -> Variables {
        pairs([
            ("NATS_HOST", "127.0.0.1"),
            ("NATS_PORT", &self.ports.nats.to_string()),
            ("NATS_HTTP_PORT", &self.ports.nats_http.to_string()),
            ("NATS_STORE_DIR", &self.config.dir.join("nats").to_string_lossy()),
            ("NATS_CTL_PASSWORD", &self.secrets.nats_ctl),
            ("NATS_EDGE_PASSWORD", &self.secrets.nats_edge),
            ("NATS_WORKER_PASSWORD", &self.secrets.nats_worker),
        ])
    }

    fn s3_env(&self) -> Variables {
        pairs([
            ("NORTHSTAR_S3_LISTEN", &listen(self.ports.s3)),
            ("NORTHSTAR_S3_DIR", &self.config.dir.join("s3").to_string_lossy()),
            ("NORTHSTAR_S3_BUCKET", BUCKET),
            ("NORTHSTAR_S3_ACCESS_KEY_ID", &self.secrets.s3_access_key_id),
            ("NORTHSTAR_S3_SECRET_ACCESS_KEY", &self.secrets.s3_secret_access_key),
        ])
    }

    fn edge_env(&self, index: usize) -> Variables {
        let mut env = self.bus_and_stores(&self.access.nats_edge_url, &self.access.postgres_edge_url);
        env.extend(pairs([
            ("NORTHSTAR_LISTEN", &listen(self.ports.edges[index])),
            ("NORTHSTAR_EDGES", &self.config.edges.to_string()),
            ("NORTHSTAR_TOKEN_SECRET", &self.secrets.token),
            ("NORTHSTAR_SEAL_SECRET", &self.secrets.cursor),
            ("NORTHSTAR_AUDIT_VKEYS", &self.secrets.audit_vkey().unwrap_or_default()),
        ]));
        env.extend(self.webhooks());
        env.extend(self.config.edge_env.iter().cloned());
        env
    }

    fn worker_env(&self, index: usize) -> Variables {
        let mut env = self.bus_and_stores(&self.access.nats_worker_url, &self.access.postgres_worker_url);
        env.extend(pairs([
            ("NORTHSTAR_WORKERS_LISTEN", &listen(self.ports.workers[index])),
            ("NORTHSTAR_WORKERS_ROLES", &self.config.worker_roles.join(",")),
            ("NORTHSTAR_AUDIT_KEY", &self.secrets.audit_key),
            ("NORTHSTAR_AUDIT_ORIGIN", AUDIT_ORIGIN),
        ]));
        env.extend(self.webhooks());
        env.extend(self.config.worker_env.iter().cloned());
        env
    }

    fn webhooks(&self) -> Variables {
        pairs([("NORTHSTAR_WEBHOOK_SECRET", self.secrets.webhook.as_str()), ("NORTHSTAR_WEBHOOKS_LOOPBACK", "true")])
    }

    fn bus_and_stores(&self, nats_url: &str, postgres_url: &str) -> Variables {
        pairs([
            ("NORTHSTAR_NATS_URL", nats_url),
            ("NORTHSTAR_POSTGRES_URL", postgres_url),
            ("NORTHSTAR_S3_ENDPOINT", &self.access.s3_endpoint),
            ("NORTHSTAR_S3_PUBLIC_ENDPOINT", &self.access.s3_endpoint),
            ("NORTHSTAR_S3_REGION", &self.access.s3_region),
            ("NORTHSTAR_S3_BUCKET", &self.access.s3_bucket),
            ("NORTHSTAR_S3_ACCESS_KEY_ID", &self.access.s3_access_key_id),
            ("NORTHSTAR_S3_SECRET_ACCESS_KEY", &self.access.s3_secret_access_key),
            ("NORTHSTAR_S3_PATH_STYLE", "true"),
        ])
    }
}

fn listen(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Variables {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}
