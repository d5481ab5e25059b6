//! Moments, figures and words in bodies: what may be said.

use crate::error::ApiError;
use crate::http::body;
use chrono::{DateTime, Datelike, SubsecRound, Utc};
use std::fmt::Display;
use std::str::FromStr;
use subjects::code::Code;

/// Beyond this, sums of figures are no numbers any more.
const FIGURE_MAX: f64 = 1e100;
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;
const MILLIS: u16 = 3;

/// A moment of our times. `at` names the place in the body, should it be none.
pub(super) fn moment(moment: DateTime<Utc>, at: &str) -> Result<DateTime<Utc>, ApiError> {
    if YEARS.contains(&moment.year()) {
        return Ok(moment.trunc_subsecs(MILLIS));
    }
    Err(wrong(at, &format!("the year is {} to {}", YEARS.start(), YEARS.end())))
}

/// A moment that is not over.
pub(super) fn future(said: DateTime<Utc>, at: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, ApiError> {
    let said = moment(said, at)?;
    if said > now { Ok(said) } else { Err(wrong(at, "it lies in the past")) }
}

/// A moment that has come.
pub(super) fn past(said: DateTime<Utc>, at: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, ApiError> {
    let said = moment(said, at)?;
    if said <= now { Ok(said) } else { Err(wrong(at, "it lies in the future")) }
}

/// A figure that can be counted with.
pub(super) fn figure(figure: f64, at: &str) -> Result<f64, ApiError> {
    if figure.abs() <= FIGURE_MAX {
        return Ok(figure);
    }
    Err(wrong(at, &format!("a figure lies within {FIGURE_MAX:e} of 0")))
}

/// One word of several.
pub(super) fn word<T: FromStr<Err: Display>>(text: &str, at: &str) -> Result<T, ApiError> {
    text.parse().map_err(|unknown: T::Err| wrong(at, &unknown.to_string()))
}

/// A list that, if there is one, has entries, and not too many.
pub(super) fn some<T>(list: Option<&[T]>, most: usize, at: &str) -> Result<(), ApiError> {
    match list.map(<[T]>::len) {
        Some(0) => Err(wrong(at, "it is empty")),
        Some(many) if many > most => Err(wrong(at, &format!("it has at most {most} entries"))),
        Some(_) | None => Ok(()),
    }
}

/// What a list is filtered by. The database takes no NUL.
pub(super) fn filters(filters: &[Option<&str>]) -> Result<(), ApiError> {
    if filters.iter().flatten().any(|filter| filter.contains('\0')) {
        return Err(ApiError::new(Code::QueryInvalid, "A filter holds a NUL."));
    }
    Ok(())
}

/// What is wrong at a place.
pub(super) fn wrong(at: &str, what: &str) -> ApiError {
    body::invalid(format!("At {at}: {what}."), at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_of_our_times() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-11-21T12:00:00Z");
        let check = |text: &str, is_moment: bool, is_future: bool, is_past: bool| {
            assert_eq!(moment(at(text), "at").is_ok(), is_moment, "{text}");
            assert_eq!(future(at(text), "at", now).is_ok(), is_future, "{text}");
            assert_eq!(past(at(text), "at", now).is_ok(), is_past, "{text}");
        };
        check("2026-11-21T12:00:00Z", true, false, true);
        check("2026-11-21T12:00:00.001Z", true, true, false);
        check("1970-01-01T00:00:00Z", true, false, true);
        check("1969-12-31T23:59:59Z", false, false, false);
        check("9999-12-31T23:59:59Z", true, true, false);
        check("+10000-01-01T00:00:00Z", false, false, false);
        let fine = moment(at("2026-11-21T12:00:00.1239Z"), "at").unwrap();
        assert_eq!(fine, at("2026-11-21T12:00:00.123Z"), "the database and we hold the same");
    }

    #[test]
    fn figures_can_be_counted_with() {
        let check = |value: f64, is_figure: bool| assert_eq!(figure(value, "value").is_ok(), is_figure, "{value}");
        check(0.0, true);
        check(-1e100, true);
        check(1e101, false);
        check(f64::NAN, false);
        check(f64::INFINITY, false);
    }
}
