//! Which flags hold: from memory, and never older than a look at the database that comes twice a second, or at once when
//! the bus says that something changed.

use crate::error::ApiError;
use crate::flags::lately::{Lately, Place, change};
use crate::queries::{QueryError, flags};
use futures_util::{FutureExt, StreamExt};
use moka::future::Cache;
use node::bus::Bus;
use node::postgres::Pool;
use node::stop::Stop;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subjects::flags::Flags;
use subjects::ids::{Env, TenantId};
use subjects::subject::FLAG_CHANGES;
use tokio::sync::broadcast;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// The flags in force. Clones share them.
///
/// A change is in force here at the next look: at once where its notice arrives, else within [`LOOK_EVERY_MS`]. While
/// the database does not answer, what is known goes on to hold.
#[derive(Debug, Clone)]
pub struct InForce {
    pool: Pool,
    known: Cache<Place, Arc<Known>>,
    lately: Arc<Mutex<Lately>>,
    changes: broadcast::Sender<Change>,
}

/// What holds for others since a moment ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// For whom; none is everybody.
    pub tenant_id: Option<TenantId>,
    /// Where.
    pub env: Env,
}

impl Change {
    /// Whether it is about this tenant and env.
    pub fn concerns(&self, tenant_id: &TenantId, env: Env) -> bool {
        self.env == env && self.tenant_id.as_ref().is_none_or(|changed| changed == tenant_id)
    }
}

#[derive(Debug)]
struct Known {
    flags: Arc<Flags>,
    tenant_0_version: u64,
    own_version: u64,
}

const PLACES_MAX: u64 = 100_000;
const PLACE_IDLE_SECS: u64 = 600;
const LOOK_EVERY_MS: u64 = 500;
/// How far a look goes back: longer than a transaction may take from its change to its commit.
const LATELY_SECS: u32 = 60;
/// Whoever lags further behind than this is told so, and looks at everything.
const CHANGES_MAX: usize = 1_024;
/// A change may come between reading and using; not three times in a row.
const READS_MAX: usize = 3;

impl InForce {
    /// The flags, looking for changes until asked to stop.
    pub fn start(pool: Pool, bus: Bus, stop: &Stop) -> Self {
        let known =
            Cache::builder().max_capacity(PLACES_MAX).time_to_idle(Duration::from_secs(PLACE_IDLE_SECS)).build();
        let (changes, _) = broadcast::channel(CHANGES_MAX);
        let in_force = Self { pool, known, lately: Arc::default(), changes };
        stop.spawn(watch(in_force.clone(), bus, stop.clone()));
        in_force
    }

    /// What holds for a tenant in an env.
    pub async fn effective(&self, tenant_id: &TenantId, env: Env) -> Result<Arc<Flags>, ApiError> {
        let place = (tenant_id.clone(), env);
        let mut known = self.read(&place).await?;
        for _ in 1..READS_MAX {
            if self.is_current(&place, &known) {
                break;
            }
            self.known.invalidate(&place).await;
            known = self.read(&place).await?;
        }
        Ok(known.flags.clone())
    }

    /// Whether strangers may sign up. They belong nowhere yet: tenant-0's own flag decides.
    pub async fn signup_open(&self) -> Result<bool, ApiError> {
        Ok(self.effective(&TenantId::system(), Env::Prod).await?.signup_open)
    }

    /// What changes from now on, each once, after it is in force here. Whoever lags has missed some, and must look at
    /// all that they act on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// All who ask at once share one question.
    async fn read(&self, place: &Place) -> Result<Arc<Known>, ApiError> {
        let read = async {
            let (tenant_0, own) = flags::set(&self.pool, &place.0, place.1).await?;
            Ok::<_, QueryError>(Arc::new(Known {
                flags: Arc::new(Flags::resolve(&tenant_0.settings, &own.settings)),
                tenant_0_version: tenant_0.version,
                own_version: own.version,
            }))
        };
        let read = self.known.try_get_with_by_ref(place, read).await;
        read.map_err(|error| ApiError::unavailable("PostgreSQL", &error))
    }

    /// Whether nothing newer is known of: what was read may have been read before a change that was seen since.
    fn is_current(&self, place: &Place, known: &Known) -> bool {
        let lately = self.lately();
        let tenant_0 = lately.version(&(TenantId::system(), place.1));
        let is_tenant_0 = place.0 == TenantId::system();
        known.tenant_0_version >= tenant_0 && (is_tenant_0 || known.own_version >= lately.version(place))
    }

    /// Takes in what changed lately, and tells it.
    pub(super) async fn look(&self) -> Result<(), QueryError> {
        let found = flags::lately(&self.pool, LATELY_SECS).await?;
        let fresh = self.lately().take(found);
        for place in fresh {
            self.known.invalidate(&place).await;
            // Nobody may listen.
            let _ = self.changes.send(change(place));
        }
        Ok(())
    }

    /// Forgets everything: changes may have gone unseen.
    fn forget(&self) {
        self.known.invalidate_all();
        for env in Env::ALL {
            let _ = self.changes.send(Change { tenant_id: None, env });
        }
    }

    fn lately(&self) -> MutexGuard<'_, Lately> {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks twice a second, and at once when the bus says that something changed or was disturbed.
async fn watch(in_force: InForce, bus: Bus, stop: Stop) {
    let mut disturbances = bus.disturbances();
    let mut ticks = interval(Duration::from_millis(LOOK_EVERY_MS));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut notices = None;
    let mut looked = Instant::now();
    loop {
        if notices.is_none() {
            notices = bus.client.subscribe(FLAG_CHANGES).await.ok();
        }
        tokio::select! {
            () = stop.asked() => return,
            _ = ticks.tick() => {}
            _ = disturbances.changed() => {}
            is_open = heard(&mut notices) => if !is_open { notices = None },
        }
        match in_force.look().await {
            Ok(()) => {
                if looked.elapsed() > Duration::from_secs(u64::from(LATELY_SECS) / 2) {
                    in_force.forget();
                }
                looked = Instant::now();
            }
            Err(error) => tracing::warn!(error = node::health::one_line(&error), "flags cannot be looked at"),
        }
    }
}

/// Returns when a notice came, with all that came along; false where none will come any more.
async fn heard(notices: &mut Option<async_nats::Subscriber>) -> bool {
    let Some(notices) = notices else { return std::future::pending().await };
    let is_open = notices.next().await.is_some();
    while let Some(Some(_)) = notices.next().now_or_never() {}
    is_open
}
