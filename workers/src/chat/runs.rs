//! The runs that commands name: as they are kept, and as they become.

use crate::runtime::worker::Failure;
use crate::store::append::Append;
use crate::store::runs::{self, Begun, Ended, Run};
use std::collections::{BTreeSet, HashMap};
use subjects::answer::Rejection;
use subjects::chat::{RunEnd, Say, Turn};
use subjects::code::Code;
use subjects::ids::RunId;
use subjects::routing::StreamKey;
use uuid::Uuid;

/// Runs as they are, and what is to be kept of how they change.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    known: HashMap<RunId, Run>,
    begun: Vec<Begun>,
    ended: Vec<Ended>,
}

impl Runs {
    /// The runs that these commands name. Asks the database only if there are any.
    pub(crate) async fn named(append: &Append, key: &StreamKey, commands: &[Say]) -> Result<Self, Failure> {
        let asks = |say: &&Say| matches!(Turn::of(say.event), Some(Turn::RunStart | Turn::Step | Turn::RunEnd));
        let named: BTreeSet<&str> =
            commands.iter().filter(asks).filter_map(|say| say.of.run_id.as_ref()).map(RunId::as_str).collect();
        if named.is_empty() {
            return Ok(Self::default());
        }
        let known = runs::find(append, key, &named.into_iter().collect::<Vec<_>>()).await?;
        Ok(Self { known: known.into_iter().collect(), ..Self::default() })
    }

    /// Begins a run of this name.
    pub(super) fn begin(&mut self, begun: Begun) -> Result<(), Rejection> {
        if self.known.contains_key(&begun.run_id) {
            return Err(Rejection::refused(Code::AlreadyExists, "There is a run of this id."));
        }
        self.known.insert(begun.run_id.clone(), Run::Open);
        self.begun.push(begun);
        Ok(())
    }

    /// Refuses what belongs to a run that does not go on.
    pub(super) fn goes_on(&self, run_id: &RunId) -> Result<(), Rejection> {
        match self.known.get(run_id) {
            Some(Run::Open) => Ok(()),
            Some(Run::Ended { cancelled: true, .. }) => {
                Err(Rejection::refused(Code::RunEnded, "The run was cancelled. Stop: nothing more happens in it."))
            }
            Some(Run::Ended { cancelled: false, .. }) => {
                Err(Rejection::refused(Code::RunEnded, "The run has ended. Nothing more happens in it."))
            }
            Some(Run::Elsewhere) | None => Err(Rejection::refused(Code::NotFound, "There is no such run here.")),
        }
    }

    /// Ends a run. To cancel one that was cancelled changes nothing: then the event is told that said so before.
    pub(super) fn end(&mut self, ended: Ended) -> Result<Option<Uuid>, Rejection> {
        let RunEnd { run_id, cancelled, .. } = &ended.end;
        if let (Some(Run::Ended { event_id, cancelled: true }), true) = (self.known.get(run_id), *cancelled) {
            return Ok(Some(*event_id));
        }
        self.goes_on(run_id)?;
        self.known.insert(run_id.clone(), Run::Ended { event_id: ended.event_id, cancelled: *cancelled });
        self.ended.push(ended);
        Ok(None)
    }

    /// Keeps what changed.
    pub(crate) async fn write(&self, append: &Append, key: &StreamKey) -> Result<(), Failure> {
        for begun in &self.begun {
            runs::begin(append, key, begun).await?;
        }
        for ended in &self.ended {
            runs::end(append, key, ended).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use subjects::command::Actor;
    use subjects::ids::ActorType;

    fn id(text: &str) -> RunId {
        text.parse().unwrap()
    }

    fn begins(runs: &mut Runs, run: &str) -> Result<(), Code> {
        let actor = Actor { actor_id: "u_1".parse().unwrap(), actor_type: ActorType::Agent };
        let begun = Begun { run_id: id(run), actor, at: DateTime::UNIX_EPOCH };
        runs.begin(begun).map_err(|refused| refused.code())
    }

    fn ends(runs: &mut Runs, run: &str, event: u128, cancelled: bool) -> Result<Option<u128>, Code> {
        let end = RunEnd { run_id: id(run), status: "x".into(), cancelled };
        let ended = Ended { end, event_id: Uuid::from_u128(event), at: DateTime::UNIX_EPOCH };
        runs.end(ended).map(|event_id| event_id.map(|it| it.as_u128())).map_err(|refused| refused.code())
    }

    #[test]
    fn a_run_begins_once_and_ends_once() {
        let mut runs = Runs::default();
        runs.known.insert(id("elsewhere"), Run::Elsewhere);
        assert_eq!(ends(&mut runs, "a", 1, false), Err(Code::NotFound));
        assert_eq!(ends(&mut runs, "elsewhere", 1, true), Err(Code::NotFound));
        assert_eq!(begins(&mut runs, "elsewhere"), Err(Code::AlreadyExists));
        assert_eq!(begins(&mut runs, "a"), Ok(()));
        assert_eq!(begins(&mut runs, "a"), Err(Code::AlreadyExists));
        assert_eq!(runs.goes_on(&id("a")), Ok(()));
        assert_eq!(ends(&mut runs, "a", 1, false), Ok(None));
        assert_eq!(ends(&mut runs, "a", 2, false), Err(Code::RunEnded));
        assert_eq!(ends(&mut runs, "a", 3, true), Err(Code::RunEnded));
        assert_eq!((runs.begun.len(), runs.ended.len()), (1, 1));
    }

    #[test]
    fn to_cancel_again_says_the_same() {
        let mut runs = Runs::default();
        assert_eq!(begins(&mut runs, "a"), Ok(()));
        assert_eq!(ends(&mut runs, "a", 7, true), Ok(None));
        assert_eq!(ends(&mut runs, "a", 8, true), Ok(Some(7)));
        assert_eq!(ends(&mut runs, "a", 9, false), Err(Code::RunEnded));
        assert_eq!(runs.goes_on(&id("a")).map_err(|refused| refused.code()), Err(Code::RunEnded));
        assert_eq!(runs.ended.len(), 1);
    }
}
