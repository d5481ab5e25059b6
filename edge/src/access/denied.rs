//! What tokens can no longer give, although they say so. Pure.

use super::ending::Ending;
use crate::identity::token::Claims;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use subjects::ids::{ActorId, Role, TenantId};
use subjects::revocation::{Revocation, Revoked};
use uuid::Uuid;

/// Everything that was revoked while some token may still claim it.
#[derive(Debug, Default)]
pub(super) struct Denied {
    sessions: HashMap<Uuid, DateTime<Utc>>,
    tokens: HashMap<Uuid, HashMap<TenantId, DateTime<Utc>>>,
    members: HashMap<ActorId, HashMap<TenantId, Standing>>,
}

/// What a member may do now.
#[derive(Debug, Clone, Copy)]
struct Standing {
    role: Option<Role>,
    number: i64,
    until: DateTime<Utc>,
}

/// Who holds a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bearer<'a> {
    /// `sub`
    pub(super) actor_id: &'a ActorId,
    /// `jti`
    pub(super) token_id: Uuid,
    /// `sid`
    pub(super) session_id: Option<Uuid>,
}

/// What is otherwise than a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Another role.
    Role(Role),
    /// Nothing any more.
    End(Ending),
}

impl Denied {
    /// Takes it in. Says whether that is news.
    pub(super) fn take(&mut self, revoked: &Revoked) -> bool {
        let until = revoked.until;
        match revoked.revocation.clone() {
            Revocation::Session { session_id } => self.sessions.insert(session_id, until).is_none(),
            Revocation::Token { tenant_id, token_id } => {
                self.tokens.entry(token_id).or_default().insert(tenant_id, until).is_none()
            }
            Revocation::Member { tenant_id, user_id, role, number } => {
                let standings = self.members.entry(user_id).or_default();
                let is_news = standings.get(&tenant_id).is_none_or(|known| known.number < number);
                if is_news {
                    standings.insert(tenant_id, Standing { role, number, until });
                }
                is_news
            }
        }
    }

    /// Forgets what no token can claim any more.
    pub(super) fn forget(&mut self, now: DateTime<Utc>) {
        self.sessions.retain(|_, until| *until > now);
        self.tokens.retain(|_, tenants| {
            tenants.retain(|_, until| *until > now);
            !tenants.is_empty()
        });
        self.members.retain(|_, standings| {
            standings.retain(|_, standing| standing.until > now);
            !standings.is_empty()
        });
    }

    /// What is otherwise for the bearer in a tenant.
    pub(super) fn change(&self, bearer: Bearer<'_>, tenant_id: &TenantId) -> Option<Change> {
        if self.is_void(bearer) || self.is_revoked_in(bearer.token_id, tenant_id) {
            return Some(Change::End(Ending::Revoked));
        }
        let standing = self.members.get(bearer.actor_id)?.get(tenant_id)?;
        Some(standing.role.map_or(Change::End(Ending::Removed), Change::Role))
    }

    /// What a token gives now: its claims without what was taken away. None when that is everything.
    pub(super) fn correct(&self, mut claims: Claims) -> Option<Claims> {
        let sub = claims.sub.clone();
        let bearer = Bearer { actor_id: &sub, token_id: claims.jti, session_id: claims.sid };
        if self.is_void(bearer) {
            return None;
        }
        claims.role_map.retain(|tenant_id, role| match self.change(bearer, tenant_id) {
            None => true,
            Some(Change::Role(now)) => {
                *role = now;
                true
            }
            Some(Change::End(_)) => false,
        });
        let Claims { tenant_ids, role_map, .. } = &mut claims;
        tenant_ids.retain(|tenant_id| role_map.contains_key(tenant_id));
        Some(claims)
    }

    /// Whether the token gives nothing anywhere.
    fn is_void(&self, bearer: Bearer<'_>) -> bool {
        let is_over = bearer.session_id.is_some_and(|session_id| self.sessions.contains_key(&session_id));
        is_over || self.is_revoked_in(bearer.token_id, &TenantId::system())
    }

    fn is_revoked_in(&self, token_id: Uuid, tenant_id: &TenantId) -> bool {
        self.tokens.get(&token_id).is_some_and(|tenants| tenants.contains_key(tenant_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use subjects::ids::ActorType;

    const SESSION: Uuid = Uuid::from_u128(1);
    const TOKEN: Uuid = Uuid::from_u128(2);

    fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    fn revoked(revocation: Revocation) -> Revoked {
        Revoked { revocation, until: DateTime::from_timestamp(100, 0).unwrap() }
    }

    fn member(role: Option<Role>, number: i64) -> Revocation {
        Revocation::Member { tenant_id: id("t_a"), user_id: id("u_7"), role, number }
    }

    fn token(tenant_id: &str, token_id: Uuid) -> Revocation {
        Revocation::Token { tenant_id: id(tenant_id), token_id }
    }

    fn given(denied: &Denied) -> Option<Vec<(TenantId, Role)>> {
        let roles = [(id("t_a"), Role::Member), (id("t_b"), Role::Owner)];
        let claims = Claims::example("u_7", ActorType::Human, roles.into());
        let corrected = denied.correct(Claims { jti: TOKEN, sid: Some(SESSION), ..claims })?;
        assert_eq!(corrected.tenant_ids.len(), corrected.role_map.len());
        Some(corrected.role_map.into_iter().collect())
    }

    #[test]
    fn what_a_token_still_gives() {
        let (a, b) = ((id("t_a"), Role::Member), (id("t_b"), Role::Owner));
        let check = |revocations: &[Revocation], expected: Option<Vec<(TenantId, Role)>>| {
            let mut denied = Denied::default();
            for revocation in revocations {
                denied.take(&revoked(revocation.clone()));
            }
            assert_eq!(given(&denied), expected, "{revocations:?}");
            denied.forget(DateTime::from_timestamp(100, 0).unwrap());
            assert_eq!(given(&denied), Some(vec![a.clone(), b.clone()]), "it is forgotten in the end");
        };
        check(&[], Some(vec![a.clone(), b.clone()]));
        check(&[Revocation::Session { session_id: SESSION }], None);
        check(&[Revocation::Session { session_id: TOKEN }], Some(vec![a.clone(), b.clone()]));
        check(&[token("t_system", TOKEN)], None);
        check(&[token("t_a", TOKEN)], Some(vec![b.clone()]));
        check(&[token("t_c", TOKEN), token("t_a", SESSION)], Some(vec![a.clone(), b.clone()]));
        check(&[member(None, 1)], Some(vec![b.clone()]));
        check(&[member(Some(Role::Viewer), 1)], Some(vec![(id("t_a"), Role::Viewer), b.clone()]));
        check(&[member(None, 1), member(Some(Role::Admin), 2)], Some(vec![(id("t_a"), Role::Admin), b.clone()]));
        check(&[member(Some(Role::Admin), 2), member(None, 1)], Some(vec![(id("t_a"), Role::Admin), b.clone()]));
    }

    #[test]
    fn the_same_is_news_once() {
        let mut denied = Denied::default();
        for revocation in [Revocation::Session { session_id: SESSION }, token("t_a", TOKEN), member(None, 1)] {
            let revoked = revoked(revocation);
            assert_eq!([denied.take(&revoked), denied.take(&revoked)], [true, false]);
        }
        assert!(denied.take(&revoked(member(None, 2))));
    }
}
