//! What every request can reach.

use crate::access::{self, Passes, Revocations};
use crate::audit::Tails;
use crate::command::lanes::Lanes;
use crate::config::Config;
use crate::document::Documents;
use crate::flags::InForce;
use crate::flags::rails::{self, Concerned};
use crate::gesture::{Gestures, Recorder};
use crate::identity::oidc::Issuers;
use crate::identity::password::Passwords;
use crate::identity::token::Tokens;
use crate::limits::holdings::{Holdings, What};
use crate::limits::rates::Rates;
use crate::presence::{Presence, Tell};
use crate::readers::Readers;
use crate::refusals::Refusals;
use crate::registry::Registry;
use crate::replay::Replays;
use crate::road::Road;
use node::bus::Bus;
use node::postgres::Pool;
use node::s3::Bucket;
use node::stop::Stop;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;
use subjects::seal::SealKey;
use subjects::subject;

/// What every request can reach. Made once, shared as an [`Arc`].
#[derive(Debug)]
pub struct AppState {
    /// How this edge is set up.
    pub config: Config,
    /// The bus.
    pub bus: Bus,
    /// The database, as a role that only reads.
    pub pool: Pool,
    /// The object store.
    pub bucket: Bucket,
    /// Seals what clients hold for us.
    pub seal: SealKey,
    /// Makes and checks access tokens.
    pub tokens: Tokens,
    /// Checks tokens of other issuers.
    pub issuers: Issuers,
    /// The streams that are open here, and what lets them stay.
    pub passes: Arc<Passes>,
    /// What tokens can no longer give.
    pub revocations: Revocations,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// What is registered.
    pub registry: Registry,
    /// Documents at hand.
    pub documents: Documents,
    /// The way to the workers and back.
    pub road: Arc<Road>,
    /// Commands on their way, by canvas.
    pub lanes: Lanes,
    /// How much each tenant may send.
    pub rates: Rates,
    /// How many streams and sockets each tenant may hold.
    pub connections: Arc<Holdings>,
    /// How many subscriptions each tenant may hold.
    pub subscriptions: Arc<Holdings>,
    /// Which flags hold.
    pub flags: InForce,
    /// Who reads what.
    pub readers: Readers,
    /// Who is where.
    pub presence: Presence,
    /// Gestures on their way out.
    pub gestures: Gestures,
    /// Gestures that grafts record.
    pub recorder: Recorder,
    /// Replays that are being played.
    pub replays: Replays,
    /// What is refused here.
    pub refusals: Refusals,
    /// Audit logs that are read as they grow.
    pub tails: Tails,
    /// Asks everything here to stop.
    pub stop: Stop,
}

/// What stands at the other end of a process's connections.
#[derive(Debug, Clone)]
pub struct Backends {
    /// The bus.
    pub bus: Bus,
    /// The database.
    pub pool: Pool,
    /// The object store.
    pub bucket: Bucket,
}

impl Backends {
    /// Connects, or goes on trying: each may be away.
    pub async fn connect(config: &Config) -> anyhow::Result<Self> {
        let inbox = subject::edge_inbox(&config.edge_id);
        Ok(Self {
            bus: node::bus::connect(&config.bus, &config.edge_id, &inbox).await?,
            pool: node::postgres::pool(&config.postgres)?,
            bucket: Bucket::new(&config.s3),
        })
    }
}

impl AppState {
    /// The state, with everything that runs in the background started.
    pub fn start(config: Config, backends: Backends, stop: Stop) -> Arc<Self> {
        let Backends { bus, pool, bucket } = backends;
        let seal = SealKey::new(config.identity.seal_secret.expose_secret().as_bytes());
        let road = Road::start(bus.clone(), &stop);
        let held = |what, limit| Holdings::start(&pool, &config.edge_id, (what, limit), &stop);
        let answer_wait = Duration::from_millis(config.answer_wait_ms);
        let (passes, flags) = (Arc::new(Passes::new()), InForce::start(pool.clone(), bus.clone(), &stop));
        let readers = Readers::start(bus.clone(), pool.clone(), seal.clone(), &config, &stop);
        let concerned = Concerned { flags: flags.clone(), passes: passes.clone(), readers: readers.clone() };
        stop.spawn(rails::watch(concerned, stop.clone()));
        let state = Arc::new(Self {
            tokens: Tokens::new(&config.identity),
            issuers: Issuers::start(&config.identity.oidc_issuers, &stop),
            revocations: Revocations::start(pool.clone(), bus.clone(), passes.clone(), &stop),
            recorder: Recorder::start(bus.clone(), &passes, config.readers.drain(), &stop),
            passes,
            passwords: Passwords::new(),
            registry: Registry::start(pool.clone(), bus.clone(), &stop),
            documents: Documents::new(pool.clone(), bucket.clone(), seal.clone(), config.documents_mib_max),
            lanes: Lanes::new(road.clone(), answer_wait, stop.clone()),
            rates: Rates::new(&pool, &config.limits),
            connections: held(What::Connections, config.limits.connections_per_tenant),
            subscriptions: held(What::Subscriptions, config.limits.subscriptions_per_tenant),
            flags,
            presence: Presence::start(bus.clone(), tell(&readers), &stop),
            gestures: Gestures::start(bus.clone(), &stop),
            replays: Replays::new(),
            refusals: Refusals::start(road.clone(), &stop),
            tails: Tails::new(pool.clone(), stop.clone()),
            readers,
            road,
            seal,
            bus,
            pool,
            bucket,
            config,
            stop,
        });
        access::answer_others(&state);
        state
    }
}

/// What presence tells goes to the readers of this edge.
fn tell(readers: &Readers) -> Tell {
    let readers = readers.clone();
    Box::new(move |stream, events| readers.pass(stream, &events))
}
