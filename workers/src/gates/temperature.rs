//! The temperature: what it is made of, and what it was after each change of that.

use crate::gates::{Asking, Outcome, kpi, locked};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::gates::temperature;
use gates::{Temperature, Term};
use std::collections::{BTreeMap, BTreeSet};
use subjects::code::Code;
use subjects::gates::change::Terms;
use subjects::gates::text::Name;

/// Lets all floors, ceilings or weights be these, as agreed.
pub(super) async fn set(
    client: &Client,
    asking: Asking<'_>,
    what: Terms,
    values: &BTreeMap<Name, f64>,
) -> Result<Outcome, Failure> {
    let place = asking.place();
    if let Some(rejection) = locked::refusal(client, asking, what.locked_action(), None).await? {
        return Ok(Outcome::Refused(rejection));
    }
    if let Some(refusal) = kpi::undefined(client, asking, values.keys()).await? {
        return Ok(refusal);
    }
    let before = temperature::read(client, place).await?;
    let changes = changes(&before, what, values);
    if let Some(kpi) = crossed(&before, what, &changes) {
        let detail = format!("The floor of {kpi} would be above its ceiling.");
        return Ok(Outcome::refused(Code::BodyInvalid, detail));
    }
    if changes.is_empty() {
        return Ok(Outcome::AsItWas);
    }
    for (kpi, value) in &changes {
        temperature::set(client, place, (kpi, what, *value), asking.actor_id()).await?;
    }
    temperature::forget_empty(client, place).await?;
    keep(client, asking).await?;
    Ok(Outcome::Changed)
}

/// A figure was measured: the temperature is kept where it is made of that.
pub(super) async fn measured(client: &Client, asking: Asking<'_>, kpi: &Name) -> Result<(), Failure> {
    let now = temperature::read(client, asking.place()).await?;
    if now.terms.contains_key(kpi.as_str()) {
        temperature::keep(client, asking.place(), &now, asking.at).await?;
    }
    Ok(())
}

async fn keep(client: &Client, asking: Asking<'_>) -> Result<(), Failure> {
    let now = temperature::read(client, asking.place()).await?;
    temperature::keep(client, asking.place(), &now, asking.at).await
}

/// What a term says; none where it says nothing.
fn said(term: &Term, what: Terms) -> Option<f64> {
    match what {
        Terms::Floors => term.floor,
        Terms::Ceilings => term.ceiling,
        Terms::Weights => Some(term.weight).filter(|weight| *weight != 0.0),
    }
}

/// What has to become another for exactly these to hold.
fn changes(before: &Temperature, what: Terms, values: &BTreeMap<Name, f64>) -> BTreeMap<String, Option<f64>> {
    let wanted: BTreeMap<&str, f64> = values.iter().map(|(kpi, value)| (kpi.as_str(), *value)).collect();
    let kpis: BTreeSet<&str> = before.terms.keys().map(String::as_str).chain(wanted.keys().copied()).collect();
    let is_nothing = |value: &f64| what == Terms::Weights && *value == 0.0;
    let change = |kpi: &str| {
        let was = before.terms.get(kpi).and_then(|term| said(term, what));
        let becomes = wanted.get(kpi).copied().filter(|value| !is_nothing(value));
        (was != becomes).then(|| (kpi.to_owned(), becomes))
    };
    kpis.into_iter().filter_map(change).collect()
}

/// The first figure whose floor would lie above its ceiling.
fn crossed<'a>(before: &Temperature, what: Terms, changes: &'a BTreeMap<String, Option<f64>>) -> Option<&'a String> {
    let is_crossed = |(kpi, value): &(&String, &Option<f64>)| {
        let term = before.terms.get(*kpi);
        let bounds = match what {
            Terms::Floors => value.zip(term.and_then(|term| term.ceiling)),
            Terms::Ceilings => term.and_then(|term| term.floor).zip(**value),
            Terms::Weights => None,
        };
        bounds.is_some_and(|(floor, ceiling)| floor > ceiling)
    };
    changes.iter().find(is_crossed).map(|(kpi, _)| kpi)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before() -> Temperature {
        let term = |weight, floor, ceiling| Term { weight, floor, ceiling, latest: None };
        let terms = [
            ("errors".to_owned(), term(2.0, None, Some(5.0))),
            ("latency".to_owned(), term(0.0, Some(1.0), Some(9.0))),
        ];
        Temperature { terms: terms.into() }
    }

    fn values(values: &[(&str, f64)]) -> BTreeMap<Name, f64> {
        values.iter().map(|(kpi, value)| (kpi.parse().unwrap(), *value)).collect()
    }

    #[test]
    fn what_is_named_holds_and_nothing_else() {
        let check = |what, wanted: &[(&str, f64)], expected: &[(&str, Option<f64>)]| {
            let changes = changes(&before(), what, &values(wanted));
            let expected: BTreeMap<_, _> = expected.iter().map(|(kpi, value)| ((*kpi).to_owned(), *value)).collect();
            assert_eq!(changes, expected, "{what:?} {wanted:?}");
        };
        check(Terms::Floors, &[("latency", 1.0)], &[]);
        check(Terms::Floors, &[("latency", 2.0)], &[("latency", Some(2.0))]);
        check(Terms::Floors, &[("errors", 2.0)], &[("errors", Some(2.0)), ("latency", None)]);
        check(Terms::Floors, &[], &[("latency", None)]);
        check(Terms::Ceilings, &[("errors", 5.0)], &[("latency", None)]);
        check(Terms::Weights, &[("errors", 2.0), ("latency", 0.0)], &[]);
        check(Terms::Weights, &[("sales", 1.0)], &[("errors", None), ("sales", Some(1.0))]);
    }

    #[test]
    fn a_floor_is_not_above_its_ceiling() {
        let check = |what, wanted: &[(&str, f64)], expected: Option<&str>| {
            let changes = changes(&before(), what, &values(wanted));
            assert_eq!(crossed(&before(), what, &changes).map(String::as_str), expected, "{what:?} {wanted:?}");
        };
        check(Terms::Floors, &[("errors", 5.0), ("latency", 9.0)], None);
        check(Terms::Floors, &[("errors", 5.1)], Some("errors"));
        check(Terms::Ceilings, &[("latency", 0.9)], Some("latency"));
        check(Terms::Ceilings, &[], None);
        check(Terms::Weights, &[("latency", 100.0)], None);
    }
}
