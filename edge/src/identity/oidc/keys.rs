//! An issuer's keys: kept, fetched again before they are old, and fetched at most once in ten seconds whatever comes.

use super::fetch::{self, Fetched};
use super::key_set::KeySet;
use crate::error::ApiError;
use crate::identity::token::refused;
use jsonwebtoken::{Algorithm, DecodingKey};
use node::stop::Stop;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use subjects::code::Code;
use tokio::sync::{Mutex, MutexGuard};

/// The keys of one issuer.
#[derive(Debug)]
pub(super) struct Keys {
    issuer: String,
    jwks_uri: Option<String>,
    http: reqwest::Client,
    stop: Stop,
    held: RwLock<Option<Held>>,
    /// Held by who fetches: the others wait for what comes of it.
    fetching: Mutex<Attempts>,
}

#[derive(Debug, Clone)]
struct Held {
    keys: Arc<KeySet>,
    fetched_at: Instant,
    /// After this they are fetched again, while they go on to be used.
    refresh_after: Duration,
}

#[derive(Debug, Default)]
struct Attempts {
    last: Option<Instant>,
    discovered: Option<String>,
}

/// Between two fetches, at least: a storm of unknown names is one fetch.
const FETCH_EVERY: Duration = Duration::from_secs(10);
/// How long keys are used that cannot be fetched again.
const KEPT: Duration = Duration::from_secs(3_600);
/// How long keys are good where the issuer does not say.
const MAX_AGE: Duration = Duration::from_secs(600);
const MAX_AGES: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3_600));
const RETRY_AFTER_SECS: u64 = 10;

impl Keys {
    pub(super) fn new(issuer: String, jwks_uri: Option<String>, stop: Stop) -> Self {
        let (held, fetching) = (RwLock::default(), Mutex::default());
        Self { issuer, jwks_uri, http: fetch::client(), stop, held, fetching }
    }

    /// The key of this name, fetched if it is not known.
    pub(super) async fn find(
        self: &Arc<Self>,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<DecodingKey, ApiError> {
        if let Some(held) = self.held()
            && let Some(key) = held.keys.find(kid, algorithm)
        {
            if held.fetched_at.elapsed() > held.refresh_after {
                self.refresh();
            }
            return Ok(key);
        }
        self.fetch(self.fetching.lock().await).await;
        let held = self.held().ok_or_else(|| self.away())?;
        held.keys.find(kid, algorithm).ok_or_else(|| refused("The token's key is none of its issuer's."))
    }

    /// Fetches in the background, unless somebody does.
    fn refresh(self: &Arc<Self>) {
        let keys = self.clone();
        self.stop.spawn(async move {
            if let Ok(attempts) = keys.fetching.try_lock() {
                keys.fetch(attempts).await;
            }
        });
    }

    async fn fetch(&self, mut attempts: MutexGuard<'_, Attempts>) {
        if attempts.last.is_some_and(|last| last.elapsed() < FETCH_EVERY) {
            return;
        }
        attempts.last = Some(Instant::now());
        metrics::counter!("northstar_oidc_fetches_total").increment(1);
        match self.fetched(&mut attempts).await {
            Ok(fetched) => self.hold(fetched),
            Err(error) => {
                attempts.discovered = None;
                tracing::warn!(issuer = self.issuer, error = format!("{error:#}"), "its keys cannot be fetched");
            }
        }
    }

    async fn fetched(&self, attempts: &mut Attempts) -> anyhow::Result<Fetched> {
        let url = match (&self.jwks_uri, &attempts.discovered) {
            (Some(url), _) | (None, Some(url)) => url.clone(),
            (None, None) => fetch::discover(&self.http, &self.issuer).await?,
        };
        attempts.discovered = Some(url.clone());
        fetch::keys(&self.http, &url).await
    }

    fn hold(&self, fetched: Fetched) {
        let max_age = fetched.max_age.unwrap_or(MAX_AGE).clamp(MAX_AGES.0, MAX_AGES.1);
        let held = Held { keys: Arc::new(fetched.keys), fetched_at: Instant::now(), refresh_after: max_age / 2 };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
    }

    /// What is held and not too old.
    fn held(&self) -> Option<Held> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        held.filter(|held| held.fetched_at.elapsed() < KEPT)
    }

    fn away(&self) -> ApiError {
        let detail = "The issuer of the token does not say its keys. Try again.";
        ApiError::new(Code::Unavailable, detail).retry_after(RETRY_AFTER_SECS)
    }
}
