//! A rail that is switched off takes in nobody, and ends who is there. Who stays is told what changed.

use crate::access::{Ending, Pass, Passes, Rail};
use crate::error::ApiError;
use crate::flags::lately::Place;
use crate::flags::{InForce, announce};
use crate::readers::Readers;
use futures_util::{StreamExt, stream};
use node::stop::Stop;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use subjects::flags::Flags;
use tokio::sync::broadcast::error::RecvError;

/// Refuses a stream on a rail that is switched off. Ask when the stream is among [`Passes`] already: what is switched off
/// from then on is ended there.
pub async fn admit(flags: &InForce, pass: &Pass) -> Result<(), ApiError> {
    if is_on(&*flags.effective(&pass.tenant_id, pass.env).await?, pass.rail) {
        return Ok(());
    }
    Err(ApiError::new(Ending::Disabled.code(), Ending::Disabled.detail()))
}

fn is_on(flags: &Flags, rail: Rail) -> bool {
    match rail {
        Rail::Sse => flags.sse_enabled,
        Rail::Ws => flags.ws_enabled,
    }
}

/// How many tenants are asked about at the same time: tenant-0's change concerns all that are here.
const ASKED_AT_ONCE: usize = 16;
/// While the database does not answer.
const ASK_AGAIN_MS: u64 = 500;

/// Whom a change concerns.
#[derive(Debug)]
pub struct Concerned {
    /// What holds.
    pub flags: InForce,
    /// The open streams of this edge.
    pub passes: Arc<Passes>,
    /// Who reads on them.
    pub readers: Readers,
}

/// Ends the streams of rails that are switched off, and tells the others which flags hold since, until asked to stop.
pub async fn watch(concerned: Concerned, stop: Stop) {
    let mut changes = concerned.flags.changes();
    let mut due = HashSet::new();
    loop {
        let passes = &concerned.passes;
        tokio::select! {
            () = stop.asked() => return,
            () = tokio::time::sleep(Duration::from_millis(ASK_AGAIN_MS)), if !due.is_empty() => {}
            change = changes.recv() => match change {
                Ok(change) => due.extend(open(passes, |pass| change.concerns(&pass.tenant_id, pass.env)).await),
                Err(RecvError::Lagged(_)) => due.extend(open(passes, |_| true).await),
                Err(RecvError::Closed) => return,
            },
        }
        due = concerned.act(due).await;
    }
}

/// Where the streams are that are looked for.
async fn open(passes: &Passes, is_looked_for: impl Fn(&Pass) -> bool + Send + Sync) -> HashSet<Place> {
    let found = Mutex::new(HashSet::new());
    let note = |pass: &Pass| {
        if is_looked_for(pass) {
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.insert((pass.tenant_id.clone(), pass.env));
        }
    };
    passes.look_at_all(note).await;
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Concerned {
    /// Acts on what holds in these places; gives those of which that is not known.
    async fn act(&self, places: HashSet<Place>) -> HashSet<Place> {
        let ask = |place: Place| async move { (self.flags.effective(&place.0, place.1).await, place) };
        let asked = stream::iter(places).map(ask).buffer_unordered(ASKED_AT_ONCE);
        let (mut known, mut unknown) = (HashMap::new(), HashSet::new());
        for (flags, place) in asked.collect::<Vec<_>>().await {
            if let Ok(flags) = flags {
                known.insert(place, flags);
            } else {
                unknown.insert(place);
            }
        }
        self.end(&known).await;
        known.iter().for_each(|((tenant_id, env), flags)| announce::tell(&self.readers, tenant_id, *env, flags));
        unknown
    }

    async fn end(&self, known: &HashMap<Place, Arc<Flags>>) {
        let end = |pass: &Pass| {
            let flags = known.get(&(pass.tenant_id.clone(), pass.env));
            if flags.is_some_and(|flags| !is_on(flags, pass.rail)) {
                pass.end(Ending::Disabled);
            }
        };
        self.passes.look_at_all(end).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use subjects::flags::{Key, Setting, Settings, Value};

    #[test]
    fn each_rail_has_its_flag() {
        let off = Setting { value: Value::Switch(false), locked: false };
        let check = |key: Key, sse, ws| {
            let flags = Flags::resolve(&Settings::new(), &[(key, off)].into());
            assert_eq!((is_on(&flags, Rail::Sse), is_on(&flags, Rail::Ws)), (sse, ws), "{key}");
        };
        check(Key::SseEnabled, false, true);
        check(Key::WsEnabled, true, false);
        check(Key::SignupOpen, true, true);
    }
}
