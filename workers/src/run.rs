//! `northstar-workers run`: from the configuration to the end.

use crate::actions::{self, Carrier, Patience};
use crate::apply::Apply;
use crate::artifacts::{self, Artifacts, Scanner};
use crate::audit::{self, Observing, Signer, Standing};
use crate::chat::Chat;
use crate::config::{Role, RunConfig};
use crate::control::Control;
use crate::gates::Gates;
use crate::graft::{self, Graft};
use crate::history::Loader;
use crate::privacy::Privacy;
use crate::runtime::failpoint::Failpoint;
use crate::runtime::gestures::Gestures;
use crate::runtime::pulse::Pulse;
use crate::runtime::{Runtime, backlog};
use anyhow::Context;
use futures_util::FutureExt;
use node::bus::Bus;
use node::health::{Check, Readiness};
use node::postgres::Pool;
use node::s3::Bucket;
use node::stop::Stop;
use std::time::Duration;
use subjects::subject::worker_inbox;
use tokio::net::TcpListener;
use uuid::Uuid;

/// How long the work at hand may take once stop is asked. What is not done then comes again elsewhere.
const FINISH_SECS: u64 = 8;

/// Works until a signal asks to stop. The servers may be away at the start, or later.
pub async fn run(config: RunConfig) -> anyhow::Result<()> {
    let _telemetry = node::telemetry::start(&config.telemetry, "northstar-workers")?;
    let counted = node::metrics::install()?;
    let stop = Stop::on_signals()?;
    let name = format!("w-{}", Uuid::now_v7().simple());
    let bus = node::bus::connect(&config.bus, &name, &worker_inbox(&name)).await?;
    let pool = node::postgres::pool(&config.postgres)?;
    let bucket = Bucket::new(&config.s3);
    let readiness = Readiness::new();
    let listener = TcpListener::bind(config.workers_listen)
        .await
        .with_context(|| format!("NORTHSTAR_WORKERS_LISTEN: {} cannot be listened on", config.workers_listen))?;
    let standing = config.workers_roles.contains(&Role::Audit).then(Standing::new);
    let health = node::health::router(checks(&bus, &pool, &bucket, standing.as_ref()), readiness.clone(), counted);
    stop.spawn(node::http::serve(listener, health, node::http::Limits::default(), stop.clone()));
    stop.spawn(backlog::watch(bus.clone(), stop.clone()));

    let failpoint = Failpoint::new(config.workers_die_at, &config.workers_die_on_label).into();
    let runtime = Runtime { bus: bus.clone(), pool: pool.clone(), stop: stop.clone(), failpoint };
    for role in &config.workers_roles {
        match role {
            Role::Apply => {
                let apply = Apply::new(pool.clone(), bucket.clone(), config.workers_documents_bytes_max, &stop);
                runtime.start(apply);
            }
            Role::Chat => runtime.start(Chat::new(pool.clone())),
            Role::Artifacts => {
                let (pool, bucket) = (pool.clone(), bucket.clone());
                let keep_secs = config.uploads_keep_secs;
                stop.spawn(artifacts::sweep(pool.clone(), bucket.clone(), keep_secs, stop.clone()));
                runtime.start(Artifacts::new(pool, bucket, Scanner::at(&config.scan_url)?));
            }
            Role::Graft => {
                let loader = Loader { pool: pool.clone(), bucket: bucket.clone() };
                let graft = Graft::new(loader, Gestures::new(bus.clone()));
                stop.spawn(graft::keep(graft.clone(), runtime.clone(), config.workers_graft_idle_secs));
                runtime.start(graft);
            }
            Role::Gates => {
                let wake = actions::Wake::default();
                let carrier = carrier(&config, &pool, &runtime)?;
                stop.spawn(actions::carry(carrier, wake.clone()));
                runtime.start(Gates::new(pool.clone(), wake));
            }
            Role::Privacy => runtime.start(Privacy::new(pool.clone())),
            Role::Audit => {
                let signer = Signer::new(&config.audit_origin, &config.audit_key)?;
                let standing = standing.clone().unwrap_or_default();
                stop.spawn(audit::sequence(pool.clone(), signer, standing.clone(), stop.clone()));
                runtime.start(Observing::new(pool.clone()));
                stop.spawn(audit::publish(pool.clone(), bucket.clone(), standing, stop.clone()));
            }
            Role::Control => {
                let (pulse, heart) = Pulse::new();
                stop.spawn(heart.beat(bus.clone(), pool.clone(), stop.clone()));
                runtime.start(Control::new(pool.clone(), pulse));
            }
        }
    }
    tracing::info!(name, roles = ?config.workers_roles, listen = %config.workers_listen, "works");

    stop.asked().await;
    readiness.draining();
    let all_done = stop.finished(Duration::from_secs(FINISH_SECS)).await;
    bus.drain().await;
    tracing::info!(all_done, "stopped");
    Ok(())
}

/// What actions are carried out with.
fn carrier(config: &RunConfig, pool: &Pool, runtime: &Runtime) -> anyhow::Result<Carrier> {
    let patience = Patience {
        attempts_max: config.webhooks_attempts_max,
        first: Duration::from_millis(config.webhooks_first_pause_ms),
        longest: Duration::from_millis(config.webhooks_pause_ms_max),
    };
    let within = Duration::from_secs(config.webhooks_attempt_secs);
    Carrier::new((pool.clone(), runtime.clone()), config.webhooks.clone(), patience, within)
}

fn checks(bus: &Bus, pool: &Pool, bucket: &Bucket, standing: Option<&Standing>) -> Vec<Check> {
    let (bus, pool, bucket) = (bus.clone(), pool.clone(), bucket.clone());
    let mut checks = vec![
        Check::new("nats", move || {
            let bus = bus.clone();
            async move { bus.ping().await }.boxed()
        }),
        Check::new("postgres", move || {
            let pool = pool.clone();
            async move { node::postgres::ping(&pool).await }.boxed()
        }),
        Check::new("s3", move || {
            let bucket = bucket.clone();
            async move { bucket.ping().await }.boxed()
        }),
    ];
    checks.extend(standing.cloned().map(|standing| {
        Check::new("audit", move || {
            let stands = standing.check();
            async move { stands }.boxed()
        })
    }));
    checks
}
