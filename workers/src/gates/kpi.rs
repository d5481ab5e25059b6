//! Figures: what they are, within what they must lie, and what was measured.

use crate::gates::{Asking, Outcome, locked, temperature};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::gates::kpi;
use subjects::code::Code;
use subjects::gates::change::{NewCorridor, NewKpi, NewMeasurement};
use subjects::gates::text::Name;
use subjects::ids::SurfaceId;

/// The action that a strategy lock must allow (contract section 7).
const CORRIDORS: &str = "kpi:corridor_upsert";

/// Defines a figure.
pub(super) async fn define(client: &Client, asking: Asking<'_>, new: &NewKpi) -> Result<Outcome, Failure> {
    let put = kpi::define(client, asking.place(), new, asking.actor_id()).await?;
    Ok(Outcome::put(put, "another figure"))
}

/// Sets the bounds of a figure on a surface, as agreed.
pub(super) async fn set_corridor(
    client: &Client,
    asking: Asking<'_>,
    corridor: &NewCorridor,
) -> Result<Outcome, Failure> {
    let surface = Some(corridor.surface.as_str());
    if let Some(rejection) = locked::refusal(client, asking, CORRIDORS, surface).await? {
        return Ok(Outcome::Refused(rejection));
    }
    if let Some(refusal) = undefined(client, asking, [&corridor.kpi].into_iter()).await? {
        return Ok(refusal);
    }
    let is_changed = kpi::set_corridor(client, asking.place(), corridor, asking.actor_id()).await?;
    Ok(if is_changed { Outcome::Changed } else { Outcome::AsItWas })
}

/// Takes the bounds of a figure on a surface away, as agreed.
pub(super) async fn drop_corridor(
    client: &Client,
    asking: Asking<'_>,
    surface: &SurfaceId,
    kpi: &Name,
) -> Result<Outcome, Failure> {
    if let Some(rejection) = locked::refusal(client, asking, CORRIDORS, Some(surface.as_str())).await? {
        return Ok(Outcome::Refused(rejection));
    }
    if kpi::drop_corridor(client, asking.place(), surface, kpi).await? {
        return Ok(Outcome::Changed);
    }
    Ok(Outcome::refused(Code::NotFound, "There is no such corridor."))
}

/// Puts a measurement down. Where the temperature is made of it, that may be another now.
pub(super) async fn measure(client: &Client, asking: Asking<'_>, new: &NewMeasurement) -> Result<Outcome, Failure> {
    if let Some(refusal) = undefined(client, asking, [&new.kpi].into_iter()).await? {
        return Ok(refusal);
    }
    if !kpi::measure(client, asking.place(), new, asking.actor_id()).await? {
        return Ok(Outcome::AsItWas);
    }
    if new.surface.is_none() {
        temperature::measured(client, asking, &new.kpi).await?;
    }
    Ok(Outcome::Changed)
}

/// Refuses what is no figure.
pub(super) async fn undefined<'a>(
    client: &Client,
    asking: Asking<'_>,
    kpis: impl Iterator<Item = &'a Name>,
) -> Result<Option<Outcome>, Failure> {
    let unknown = kpi::undefined(client, asking.place(), kpis).await?;
    Ok(unknown.map(|kpi| Outcome::refused(Code::NotFound, format!("There is no figure {kpi}. Define it first."))))
}
