//! Gate 6: is no floor and no ceiling breached? And the temperature itself.

use crate::decision::{Cause, GateCode, Outcome};
use crate::facts::{Breach, Facts, Read, Temperature, Term};

pub(crate) fn check(facts: &Facts) -> Outcome {
    let Read::Known(temperature) = &facts.temperature else {
        return Outcome::refused(GateCode::TemperatureUnknown, Cause::Unread);
    };
    let breaches = temperature.breaches();
    if !breaches.is_empty() {
        return Outcome::refused(GateCode::TemperatureBreach, Cause::OutOfBounds { breaches });
    }
    let is_bound = |term: &Term| term.floor.is_some() || term.ceiling.is_some();
    let unmeasured = temperature.terms.iter().filter(|(_, term)| term.latest.is_none() && is_bound(term));
    let names: Vec<_> = unmeasured.map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        return Outcome::passed();
    }
    Outcome::refused(GateCode::TemperatureUnknown, Cause::Unmeasured { names })
}

impl Temperature {
    /// The mean of what was measured, each by its weight, in the order of the names: the same terms always give the same
    /// number, to the last bit. None where nothing that counts was measured.
    pub fn value(&self) -> Option<f64> {
        let measured = self.terms.values().filter_map(|term| Some((term.weight, term.latest?.value)));
        let (mut sum, mut weights) = (0.0, 0.0);
        for (weight, value) in measured {
            sum += weight * value;
            weights += weight;
        }
        (weights > 0.0).then(|| sum / weights)
    }

    /// The bounds that do not hold, in the order of the names.
    pub fn breaches(&self) -> Vec<Breach> {
        let breach = |(name, term): (&String, &Term)| Breach::of(name, term.latest?.value, (term.floor, term.ceiling));
        self.terms.iter().filter_map(breach).collect()
    }
}
