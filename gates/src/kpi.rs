//! Gate 5: does every corridor of the surface hold on its latest measurement?

use crate::decision::{Cause, GateCode, Outcome};
use crate::facts::{Breach, Corridor, Facts, Read};
use std::cmp::Ordering;

pub(crate) fn check(facts: &Facts) -> Outcome {
    let Read::Known(corridors) = &facts.corridors else {
        return Outcome::refused(GateCode::KpiUnknown, Cause::Unread);
    };
    let breaches: Vec<_> = corridors.iter().filter_map(breach).collect();
    if !breaches.is_empty() {
        return Outcome::refused(GateCode::KpiOutOfCorridor, Cause::OutOfBounds { breaches });
    }
    let unmeasured = corridors.iter().filter(|corridor| corridor.latest.is_none());
    let names: Vec<_> = unmeasured.map(|corridor| corridor.kpi.clone()).collect();
    if names.is_empty() {
        return Outcome::passed();
    }
    Outcome::refused(GateCode::KpiUnknown, Cause::Unmeasured { names })
}

fn breach(corridor: &Corridor) -> Option<Breach> {
    Breach::of(&corridor.kpi, corridor.latest?.value, (corridor.min, corridor.max))
}

impl Breach {
    /// The bounds that a value does not keep; none where it keeps both. What is no number keeps none.
    pub(crate) fn of(name: &str, value: f64, (floor, ceiling): (Option<f64>, Option<f64>)) -> Option<Self> {
        let below = floor.filter(|floor| !value.partial_cmp(floor).is_some_and(Ordering::is_ge));
        let above = ceiling.filter(|ceiling| !value.partial_cmp(ceiling).is_some_and(Ordering::is_le));
        let is_breach = below.is_some() || above.is_some();
        is_breach.then(|| Self { name: name.to_owned(), value, floor: below, ceiling: above })
    }
}
