//! Three-wise questions: three may say what they think, and what two of them agree on is the verdict.

use crate::gates::{Asking, Outcome};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::gates::questions::{self, Heard};
use gates::Verdict;
use subjects::answer::Rejection;
use subjects::code::Code;
use subjects::gates::change::NewQuestion;
use subjects::gates::text::Words;
use subjects::ids::QuestionId;

/// So many are asked.
const WISE: usize = 3;
/// So many have to agree.
const AGREED: usize = 2;

/// Puts a question down.
pub(super) async fn ask(client: &Client, asking: Asking<'_>, new: &NewQuestion) -> Result<Outcome, Failure> {
    let put = questions::ask(client, asking.place(), new, asking.actor_id()).await?;
    Ok(Outcome::put(put, "another question"))
}

/// Puts down what one of them thinks, and with it the verdict, once there is one.
pub(super) async fn hear(
    client: &Client,
    asking: Asking<'_>,
    question_id: &QuestionId,
    (opinion, reason): (Verdict, &Words),
) -> Result<Outcome, Failure> {
    let place = asking.place();
    let Some(heard) = questions::find(client, place, question_id).await? else {
        return Ok(Outcome::refused(Code::NotFound, "There is no such question."));
    };
    let verdict = match decide(&heard, asking.actor_id(), opinion) {
        Ok(verdict) => verdict,
        Err(rejection) => return Ok(Outcome::Refused(rejection)),
    };
    questions::hear(client, place, question_id, (&asking.command.actor, opinion, reason)).await?;
    if let Some(verdict) = verdict {
        questions::conclude(client, place, question_id, verdict).await?;
    }
    Ok(Outcome::Changed)
}

/// The verdict that this opinion makes, if it makes one; or why it is not heard.
fn decide(heard: &Heard, actor_id: &str, opinion: Verdict) -> Result<Option<Verdict>, Rejection> {
    if heard.verdict.is_some() || heard.opinions.len() >= WISE {
        return Err(Rejection::refused(Code::AlreadyDecided, "The question has its verdict."));
    }
    if heard.opinions.iter().any(|(before, _)| before == actor_id) {
        return Err(Rejection::refused(Code::AlreadyExists, "You have said what you think. It stays."));
    }
    let agree = heard.opinions.iter().filter(|(_, before)| *before == opinion).count() + 1;
    Ok((agree >= AGREED).then_some(opinion))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_three_decide() {
        use Verdict::{Approve, Reject};
        let check = |verdict, opinions: &[(&str, Verdict)], actor_id, opinion, expected| {
            let opinions: Vec<_> = opinions.iter().map(|(actor, opinion)| ((*actor).to_owned(), *opinion)).collect();
            let decided = decide(&Heard { verdict, opinions: opinions.clone() }, actor_id, opinion);
            assert_eq!(decided.map_err(|rejection| rejection.code()), expected, "{opinions:?} {actor_id} {opinion:?}");
        };
        check(None, &[], "ann", Approve, Ok(None));
        check(None, &[("ann", Approve)], "bob", Approve, Ok(Some(Approve)));
        check(None, &[("ann", Reject)], "bob", Reject, Ok(Some(Reject)));
        check(None, &[("ann", Approve)], "bob", Reject, Ok(None));
        check(None, &[("ann", Approve), ("bob", Reject)], "eve", Approve, Ok(Some(Approve)));
        check(None, &[("ann", Approve), ("bob", Reject)], "eve", Reject, Ok(Some(Reject)));
        check(None, &[("ann", Approve)], "ann", Approve, Err(Code::AlreadyExists));
        check(None, &[("ann", Approve), ("bob", Reject)], "ann", Reject, Err(Code::AlreadyExists));
        check(Some(Approve), &[("ann", Approve), ("bob", Approve)], "eve", Reject, Err(Code::AlreadyDecided));
    }
}
