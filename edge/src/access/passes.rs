//! The registry of open streams of this edge.

use super::ending::Ending;
use super::pass::Pass;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use uuid::Uuid;

/// How many are looked at before others may run.
const LOOKS_PER_TURN: usize = 1_024;

/// The open streams of this edge, on both rails.
#[derive(Debug, Default)]
pub struct Passes {
    registry: Arc<Registry>,
}

/// By stream. A pass leaves when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Registry {
    open: Mutex<HashMap<Uuid, Weak<Pass>>>,
}

impl Passes {
    /// No stream yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a new stream. One of the same name, which it takes the place of, is ended.
    pub(super) fn admit(&self, mut pass: Pass) -> Arc<Pass> {
        pass.registry = Arc::downgrade(&self.registry);
        let pass = Arc::new(pass);
        let before = self.registry.open().insert(pass.stream_id, Arc::downgrade(&pass));
        if let Some(before) = before.and_then(|before| before.upgrade()) {
            before.end(Ending::Moved);
        }
        pass
    }

    /// The stream of this name, if it is open here.
    pub fn find(&self, stream_id: Uuid) -> Option<Arc<Pass>> {
        self.registry.open().get(&stream_id)?.upgrade()
    }

    /// How many streams are open.
    pub fn len(&self) -> usize {
        self.registry.open().len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks at each stream that is open now; those that open meanwhile are not seen.
    pub async fn look_at_all(&self, look: impl Fn(&Pass)) {
        let open: Vec<_> = self.registry.open().values().cloned().collect();
        for some in open.chunks(LOOKS_PER_TURN) {
            some.iter().filter_map(Weak::upgrade).for_each(|pass| look(&pass));
            tokio::task::yield_now().await;
        }
    }
}

impl Registry {
    /// Its place may be taken by another of the same name already.
    pub(super) fn forget(&self, pass: &Pass) {
        let mut open = self.open();
        let is_it = open.get(&pass.stream_id).is_some_and(|kept| std::ptr::eq(kept.as_ptr(), pass));
        if is_it {
            open.remove(&pass.stream_id);
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Uuid, Weak<Pass>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::pass::{Place, Rail};
    use super::*;
    use crate::identity::token::Claims;
    use subjects::ids::{ActorType, Env, Role};

    fn pass(stream_id: u128, tenant: &str, rail: Rail) -> Pass {
        let claims = Claims::example("u_7", ActorType::Human, [(tenant.parse().unwrap(), Role::Member)].into());
        let place = Place { tenant_id: tenant.parse().unwrap(), env: Env::Dev, role: Role::Member };
        Pass::new(Uuid::from_u128(stream_id), rail, &claims, place, Box::new(|| ()))
    }

    #[tokio::test]
    async fn a_stream_is_found_while_it_is_open() {
        let passes = Passes::new();
        let one = passes.admit(pass(1, "t_a", Rail::Sse));
        assert!(passes.find(one.stream_id).is_some() && passes.find(Uuid::nil()).is_none());
        let again = passes.admit(pass(1, "t_a", Rail::Sse));
        assert_eq!((one.ending(), again.ending()), (Some(Ending::Moved), None));
        drop(one);
        assert_eq!(passes.len(), 1, "the newer one stays");
        drop(again);
        assert!(passes.is_empty());
    }
}
