//! What was revoked, as this edge knows it, and whether it knows enough to let anybody in.

use super::denied::{Bearer, Change, Denied};
use super::pass::Pass;
use super::passes::Passes;
use crate::error::ApiError;
use crate::identity::token::Claims;
use crate::queries::{QueryError, revocations};
use chrono::{DateTime, TimeDelta, Utc};
use node::postgres::Pool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};
use subjects::code::Code;
use subjects::ids::TenantId;
use subjects::revocation::{Pulse, Revoked, WINDOW_SECS};

/// What was revoked. Clones share it.
///
/// A revocation is in force here when a worker's pulse brings it, on all streams that are open, too. Where no pulse comes,
/// requests are checked against the database one by one, and no stream is let in.
#[derive(Debug, Clone)]
pub struct Revocations {
    pool: Pool,
    passes: Arc<Passes>,
    denied: Arc<RwLock<Denied>>,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Debug, Default)]
struct Heard {
    /// Up to when everything is known, by the database's clock.
    up_to: Option<DateTime<Utc>>,
    /// When a pulse was last heard and nothing was missing.
    at: Option<Instant>,
}

/// How long no pulse may be heard before no stream is let in.
pub const SILENCE_SECS_MAX: u64 = 5;
/// A gap between two pulses that is shorter leaves nothing out: each reaches back further.
const GAP_SECS_MAX: i64 = WINDOW_SECS - 10;
const RETRY_AFTER_SECS: u64 = 1;

impl Revocations {
    /// Knowing nothing yet.
    pub(super) fn new(pool: Pool, passes: Arc<Passes>) -> Self {
        Self { pool, passes, denied: Arc::default(), heard: Arc::default() }
    }

    /// What a token gives now. Takes no one's word but the database's while the feed is silent.
    pub async fn correct(&self, claims: Claims) -> Result<Claims, ApiError> {
        let corrected = if self.is_heard() {
            self.known().correct(claims)
        } else {
            let mut denied = Denied::default();
            revocations::of(&self.pool, &named(&claims)).await?.iter().for_each(|revoked| _ = denied.take(revoked));
            denied.correct(claims)
        };
        corrected.ok_or_else(|| ApiError::new(Code::TokenRevoked, "The token was revoked. Log in again."))
    }

    /// Whether streams may be let in.
    pub fn admits(&self) -> Result<(), ApiError> {
        if self.is_heard() {
            return Ok(());
        }
        let detail = "This edge does not hear what is revoked, and opens no streams until it does. Try another.";
        Err(ApiError::new(Code::Unavailable, detail).retry_after(RETRY_AFTER_SECS))
    }

    /// The same, for those who ask whether the edge is ready.
    pub fn check(&self) -> Result<(), String> {
        let silent = || {
            format!("no pulse was heard on the bus for {SILENCE_SECS_MAX} s: is a worker with the role control there?")
        };
        if self.is_heard() { Ok(()) } else { Err(silent()) }
    }

    /// Brings what was revoked down on a stream.
    pub(super) fn judge(&self, pass: &Pass) {
        let (token_id, session_id) = pass.token();
        let bearer = Bearer { actor_id: &pass.actor.actor_id, token_id, session_id };
        match self.known().change(bearer, &pass.tenant_id) {
            None => {}
            Some(Change::Role(role)) => pass.set_role(role),
            Some(Change::End(ending)) => pass.end(ending),
        }
    }

    /// Takes in what a worker said. What it left out, the database says.
    pub(super) async fn take(&self, pulse: Pulse) -> Result<(), QueryError> {
        let up_to = self.heard().up_to;
        let is_gapless = up_to.is_some_and(|up_to| pulse.at - up_to < TimeDelta::seconds(GAP_SECS_MAX));
        if !(is_gapless && pulse.is_complete) {
            self.catch_up().await?;
        }
        self.know(&pulse.recent, pulse.at).await;
        // One that was held up on its way says nothing of now.
        if up_to.is_none_or(|up_to| pulse.at > up_to) {
            self.heard().at = Some(Instant::now());
        }
        Ok(())
    }

    /// Asks the database for what may have gone unheard.
    pub(super) async fn catch_up(&self) -> Result<(), QueryError> {
        let up_to = self.heard().up_to;
        let after = up_to.map(|up_to| up_to - TimeDelta::seconds(WINDOW_SECS));
        let (at, found) = revocations::since(&self.pool, after).await?;
        self.know(&found, at).await;
        Ok(())
    }

    /// Whether nothing can have been missed.
    pub(super) fn is_heard(&self) -> bool {
        self.heard().at.is_some_and(|at| at.elapsed() < Duration::from_secs(SILENCE_SECS_MAX))
    }

    async fn know(&self, revoked: &[Revoked], at: DateTime<Utc>) {
        let news = {
            let mut denied = self.denied();
            denied.forget(at);
            revoked.iter().filter(|revoked| denied.take(revoked)).count()
        };
        {
            let mut heard = self.heard();
            heard.up_to = heard.up_to.max(Some(at));
        }
        if news > 0 {
            metrics::counter!("northstar_revocations_total").increment(news as u64);
            self.passes.look_at_all(|pass| self.judge(pass)).await;
        }
    }

    fn known(&self) -> RwLockReadGuard<'_, Denied> {
        self.denied.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn denied(&self) -> RwLockWriteGuard<'_, Denied> {
        self.denied.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn named(claims: &Claims) -> revocations::Named<'_> {
    let tenant_ids = claims.role_map.keys().map(TenantId::as_str).chain([TenantId::SYSTEM]).collect();
    revocations::Named { tenant_ids, user_id: claims.sub.as_str(), token_id: claims.jti, session_id: claims.sid }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[tokio::test]
    async fn a_pulse_that_was_held_up_does_not_count_as_heard() {
        let known = DateTime::UNIX_EPOCH + TimeDelta::seconds(100);
        let pulse = |secs| Pulse { at: known + TimeDelta::seconds(secs), recent: Vec::new(), is_complete: true };
        let check = async |pulses: &[i64], expected: bool| {
            let pool = node::postgres::pool(&Config::example(&[]).unwrap().postgres).unwrap();
            let revocations = Revocations::new(pool, Arc::default());
            revocations.heard().up_to = Some(known);
            for secs in pulses {
                revocations.take(pulse(*secs)).await.unwrap();
            }
            assert_eq!(revocations.is_heard(), expected, "{pulses:?}");
        };
        check(&[], false).await;
        check(&[-12, -11, 0], false).await;
        check(&[1], true).await;
        check(&[-12, 1, -11], true).await;
    }
}
