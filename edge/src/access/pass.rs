//! What lets one stream stay open. Shared by the stream and the registry of open streams.

use super::ending::Ending;
use super::passes::Registry;
use crate::identity::token::Claims;
use crate::queries::tickets::TicketKey;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};
use subjects::command::Actor;
use subjects::ids::{Env, Role, TenantId};
use tokio::sync::Notify;
use uuid::Uuid;

/// How a stream is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rail {
    /// Server-Sent Events.
    Sse,
    /// WebSocket.
    Ws,
}

/// Called when something about a pass changed, to look at it at once. Must not block.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// What lets a stream stay open.
pub struct Pass {
    /// Names the stream, to its client and on every edge.
    pub stream_id: Uuid,
    /// How it is framed.
    pub rail: Rail,
    /// Whose.
    pub tenant_id: TenantId,
    /// In which environment.
    pub env: Env,
    /// Who. It stays, whatever token comes.
    pub actor: Actor,
    /// The ticket that it was opened with.
    pub(super) ticket: Option<TicketKey>,
    held: Mutex<Held>,
    changed: Notify,
    wake: Wake,
    pub(super) registry: Weak<Registry>,
}

/// The token behind a stream, and what became of it.
#[derive(Debug, Clone)]
struct Held {
    jti: Uuid,
    session_id: Option<Uuid>,
    role: Role,
    expires_at: Instant,
    is_warned: bool,
    ending: Option<Ending>,
}

/// What a stream must do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Tell the client that its token is about to end. It is due once for each token.
    Warn(Expiring),
    /// End.
    Close(Ending),
}

/// The data of `auth_expiring`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Expiring {
    /// Which stream: `POST /streams/{stream_id}/auth` renews it.
    pub stream_id: Uuid,
    /// How long its token is still valid.
    pub expires_in_secs: u64,
}

/// How long before its token's end a stream is told.
pub const WARN_SECS: u64 = 60;
/// How long a stream outlives its token: as much as a token is given on its way in.
const LEEWAY_SECS: u64 = 30;
/// How long a stream lasts without a new token, however long its token does.
const STREAM_SECS_MAX: u64 = 30 * 24 * 3_600;

impl Pass {
    pub(super) fn new(stream_id: Uuid, rail: Rail, claims: &Claims, place: Place, wake: Wake) -> Self {
        let Place { tenant_id, env, role } = place;
        Self {
            stream_id,
            rail,
            tenant_id,
            env,
            actor: Actor { actor_id: claims.sub.clone(), actor_type: claims.actor_type },
            ticket: None,
            held: Mutex::new(Held::of(claims, role)),
            changed: Notify::new(),
            wake,
            registry: Weak::new(),
        }
    }

    /// Opened with this ticket.
    pub(super) fn behind(mut self, ticket: Option<TicketKey>) -> Self {
        self.ticket = ticket;
        self
    }

    /// What the bearer may do now. It may change at any time.
    pub fn role(&self) -> Role {
        self.held().role
    }

    /// What is due at `now`; the same warning is not due again.
    pub fn look(&self, now: Instant) -> Option<Due> {
        let mut held = self.held();
        if let Some(ending) = held.ending(now) {
            return Some(Due::Close(ending));
        }
        let left = held.expires_at.saturating_duration_since(now);
        if held.is_warned || left > Duration::from_secs(WARN_SECS) {
            return None;
        }
        held.is_warned = true;
        Some(Due::Warn(Expiring { stream_id: self.stream_id, expires_in_secs: left.as_secs() }))
    }

    /// Why the stream must end, if it must.
    pub fn ending(&self) -> Option<Ending> {
        self.held().ending(Instant::now())
    }

    /// Waits for what is due next. Nothing is lost when the wait is given up.
    pub async fn due(&self) -> Due {
        loop {
            // Listening begins before looking, so that nothing changes in between unheard.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let now = Instant::now();
            if let Some(due) = self.look(now) {
                return due;
            }
            let next = self.held().next();
            tokio::select! { () = changed => {}, () = tokio::time::sleep_until(next.into()) => {} }
        }
    }

    /// Waits until the stream must end.
    pub async fn ended(&self) -> Ending {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if let Some(ending) = self.ending() {
                return ending;
            }
            let end = self.held().expires_at + Duration::from_secs(LEEWAY_SECS);
            tokio::select! { () = changed => {}, () = tokio::time::sleep_until(end.into()) => {} }
        }
    }

    /// Ends the stream. The first reason stays.
    pub fn end(&self, ending: Ending) {
        let mut held = self.held();
        let is_first = held.ending.is_none();
        held.ending.get_or_insert(ending);
        drop(held);
        if is_first {
            self.wake();
        }
    }

    /// Goes on with another token of the same actor. A stream that has ended stays ended.
    pub(super) fn renew(&self, claims: &Claims, role: Role) {
        let mut held = self.held();
        *held = Held { ending: held.ending, ..Held::of(claims, role) };
        drop(held);
        self.wake();
    }

    /// Sets what the bearer may do from now on.
    pub(super) fn set_role(&self, role: Role) {
        let before = std::mem::replace(&mut self.held().role, role);
        if before != role {
            self.wake();
        }
    }

    /// Names the token behind the stream, and its session.
    pub(super) fn token(&self) -> (Uuid, Option<Uuid>) {
        let held = self.held();
        (held.jti, held.session_id)
    }

    fn wake(&self) {
        self.changed.notify_waiters();
        (self.wake)();
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(registry) = self.registry.upgrade() {
            registry.forget(self);
        }
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").field("stream_id", &self.stream_id).finish_non_exhaustive()
    }
}

/// Where a stream is opened, and as what.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Whose.
    pub(super) tenant_id: TenantId,
    /// In which environment.
    pub(super) env: Env,
    /// As what.
    pub(super) role: Role,
}

impl Held {
    fn of(claims: &Claims, role: Role) -> Self {
        Self {
            jti: claims.jti,
            session_id: claims.sid,
            role,
            expires_at: expires_at(claims.exp),
            is_warned: false,
            ending: None,
        }
    }

    fn ending(&self, now: Instant) -> Option<Ending> {
        let has_expired = now >= self.expires_at + Duration::from_secs(LEEWAY_SECS);
        self.ending.or(has_expired.then_some(Ending::Expired))
    }

    /// When something is due, if nothing changes.
    fn next(&self) -> Instant {
        let warning = self.expires_at.checked_sub(Duration::from_secs(WARN_SECS)).unwrap_or(self.expires_at);
        if self.is_warned { self.expires_at + Duration::from_secs(LEEWAY_SECS) } else { warning }
    }
}

/// When a token ends by the clock of waiting. One within its leeway ended in the past.
fn expires_at(exp_secs: u64) -> Instant {
    let now = Instant::now();
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let exp = Duration::from_secs(exp_secs);
    match exp.checked_sub(since_epoch) {
        Some(left) => now + left.min(Duration::from_secs(STREAM_SECS_MAX)),
        None => now.checked_sub(since_epoch - exp).unwrap_or(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use subjects::ids::ActorType;

    fn claims(secs_left: i64) -> Claims {
        let claims = Claims::example("u_7", ActorType::Human, [("t_a".parse().unwrap(), Role::Member)].into());
        Claims { exp: claims.iat.saturating_add_signed(secs_left), ..claims }
    }

    fn pass(secs_left: i64, wake: Wake) -> Pass {
        let place = Place { tenant_id: "t_a".parse().unwrap(), env: Env::Dev, role: Role::Member };
        Pass::new(Uuid::nil(), Rail::Sse, &claims(secs_left), place, wake)
    }

    #[test]
    fn what_is_due_when() {
        let check = |secs_left, after_secs, expected: Option<&str>| {
            let pass = pass(secs_left, Box::new(|| ()));
            let due = pass.look(Instant::now() + Duration::from_secs(after_secs));
            let due = due.map(|due| match due {
                Due::Warn(_) => "warn",
                Due::Close(ending) => ending.code().as_str(),
            });
            assert_eq!(due, expected, "{secs_left} s left, {after_secs} s later");
        };
        check(900, 0, None);
        check(900, 830, None);
        check(900, 841, Some("warn"));
        check(900, 920, Some("warn"));
        check(900, 931, Some("AUTH_EXPIRED"));
        check(10, 0, Some("warn"));
        check(-10, 0, Some("warn"));
        check(-10, 21, Some("AUTH_EXPIRED"));
        check(-40, 0, Some("AUTH_EXPIRED"));
    }

    #[test]
    fn a_warning_is_due_once_for_each_token() {
        let woken = Arc::new(AtomicUsize::new(0));
        let count = woken.clone();
        let pass = pass(30, Box::new(move || _ = count.fetch_add(1, Ordering::Relaxed)));
        let now = Instant::now();
        assert!(matches!(pass.look(now), Some(Due::Warn(_))));
        assert_eq!(pass.look(now), None);
        pass.renew(&claims(900), Role::Viewer);
        assert_eq!((pass.look(now), pass.role()), (None, Role::Viewer));
        assert!(matches!(pass.look(now + Duration::from_secs(850)), Some(Due::Warn(_))));
        pass.end(Ending::Revoked);
        pass.end(Ending::Disabled);
        pass.renew(&claims(900), Role::Viewer);
        assert_eq!(pass.ending(), Some(Ending::Revoked), "what ended stays ended");
        assert_eq!(woken.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let pass = Arc::new(pass(900, Box::new(|| ())));
        let waiting = tokio::spawn({
            let pass = pass.clone();
            async move { pass.due().await }
        });
        tokio::task::yield_now().await;
        pass.end(Ending::Disabled);
        assert_eq!(waiting.await.unwrap(), Due::Close(Ending::Disabled));
    }
}
