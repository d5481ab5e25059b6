//! Changes that take a strategy lock: what loosens a gate is agreed on before.

use crate::gates::Asking;
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::gates::locks;
use gates::{Asked, Cause, Facts, Lock, Outcome, Read, Subject, SubjectKind};
use subjects::answer::Rejection;
use subjects::code::Code;

/// Why the action may not be, if no approved, current strategy lock allows it on this surface. Kill switches are not asked:
/// one that stops everything could never be released.
pub(super) async fn refusal(
    client: &Client,
    asking: Asking<'_>,
    action: &str,
    surface: Option<&str>,
) -> Result<Option<Rejection>, Failure> {
    let locks = locks::naming(client, asking.place(), action).await?;
    Ok(judge(&facts(asking, (action, surface), locks), action))
}

/// No gate but that of strategy locks is asked, and so nothing else is read.
fn facts(asking: Asking<'_>, (action, surface): (&str, Option<&str>), locks: Vec<Lock>) -> Facts {
    let kind = SubjectKind::from(asking.command.actor.actor_type);
    let asked = Asked {
        action: action.to_owned(),
        subject: Subject { kind, id: asking.actor_id().to_owned() },
        surface: surface.map(str::to_owned),
        provider: None,
        cost: None,
        is_autonomous: kind == SubjectKind::Agent,
        is_draft: false,
    };
    Facts { locks: Read::Known(locks), ..Facts::unread(asked, asking.at) }
}

fn judge(facts: &Facts, action: &str) -> Option<Rejection> {
    let looked_at = match gates::strategy_lock(facts) {
        Outcome::Passed { .. } | Outcome::Skipped => return None,
        Outcome::Refused { cause: Cause::LockNeeded { looked_at }, .. } => looked_at,
        Outcome::Refused { .. } => Vec::new(),
    };
    let detail = format!("No approved, current strategy lock allows {action}.");
    Some(Rejection::refused_with(Code::StrategyLockRequired, detail, "looked_at", looked_at))
}
