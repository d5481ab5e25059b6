//! Dangerous actions: what a tenant counts as such only becomes more so.

use crate::gates::{Asking, Outcome};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::gates::dangerous;
use gates::{Level, level_needed};
use std::cmp::Ordering;
use subjects::code::Code;
use subjects::gates::text::Name;

/// Lets the action take this level.
pub(super) async fn raise(
    client: &Client,
    asking: Asking<'_>,
    action: &Name,
    level: Level,
) -> Result<Outcome, Failure> {
    let levels = dangerous::levels(client, asking.place()).await?;
    let outcome = decide(level_needed(action.as_str(), &levels), level);
    if let Outcome::Changed = outcome {
        dangerous::set(client, asking.place(), (action, level), asking.actor_id()).await?;
    }
    Ok(outcome)
}

fn decide(now: Option<Level>, asked: Level) -> Outcome {
    let Some(now) = now else { return Outcome::Changed };
    match asked.cmp(&now) {
        Ordering::Greater => Outcome::Changed,
        Ordering::Equal => Outcome::AsItWas,
        Ordering::Less => {
            let detail = format!("It takes the level {now}, and that only goes up.");
            Outcome::refused(Code::LevelTooLow, detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_only_go_up() {
        let check = |now: Option<Level>, asked, expected: Result<bool, Code>| {
            let decided = match decide(now, asked) {
                Outcome::Changed => Ok(true),
                Outcome::AsItWas => Ok(false),
                Outcome::Refused(rejection) => Err(rejection.code()),
            };
            assert_eq!(decided, expected, "{now:?} {asked:?}");
        };
        check(None, Level::Low, Ok(true));
        check(Some(Level::Low), Level::Low, Ok(false));
        check(Some(Level::Low), Level::High, Ok(true));
        check(Some(Level::Medium), Level::Low, Err(Code::LevelTooLow));
        check(Some(Level::High), Level::Medium, Err(Code::LevelTooLow));
    }
}
