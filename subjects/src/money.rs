//! Amounts of money: whole millionths of a currency's unit. No floating point is ever near them.

use crate::words::checked_text;
use serde::{Deserialize, Serialize};

/// An amount of money, not below 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// In millionths of the currency's unit, at most [`MICROS_MAX`].
    pub micros: u64,
    /// In which currency.
    pub currency: Currency,
}

/// The most that is kept, in millionths: what the database holds in one column.
pub const MICROS_MAX: u64 = i64::MAX as u64;

const DECIMALS: usize = 6;
const UNIT: u64 = 1_000_000;

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    /// It is no plain decimal number.
    #[error("an amount is digits, and perhaps a point and at most {DECIMALS} digits")]
    NoDecimal,
    /// It is below 0.
    #[error("an amount is not below 0")]
    Negative,
    /// It is finer than millionths.
    #[error("an amount has at most {DECIMALS} decimals")]
    TooFine,
    /// It is more than can be kept.
    #[error("an amount is at most {}", decimal(MICROS_MAX))]
    TooMuch,
}

/// The millionths in a decimal number such as `12.50`, exactly.
pub fn micros(text: &str) -> Result<u64, InvalidAmount> {
    match text.strip_prefix('-') {
        Some(rest) => Err(unsigned(rest).err().unwrap_or(InvalidAmount::Negative)),
        None => unsigned(text),
    }
}

fn unsigned(text: &str) -> Result<u64, InvalidAmount> {
    let (whole, decimals) = match text.split_once('.') {
        Some((_, "")) => return Err(InvalidAmount::NoDecimal),
        Some(parts) => parts,
        None => (text, ""),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(decimals) {
        return Err(InvalidAmount::NoDecimal);
    }
    if decimals.len() > DECIMALS {
        return Err(InvalidAmount::TooFine);
    }
    // Digits that no number holds are too much.
    let whole: u64 = whole.parse().map_err(|_| InvalidAmount::TooMuch)?;
    let fraction: u64 = format!("{decimals:0<DECIMALS$}").parse().map_err(|_| InvalidAmount::NoDecimal)?;
    let sum = whole.checked_mul(UNIT).and_then(|whole| whole.checked_add(fraction));
    sum.filter(|sum| *sum <= MICROS_MAX).ok_or(InvalidAmount::TooMuch)
}

/// Millionths as a decimal number, as short as it goes.
pub fn decimal(micros: u64) -> String {
    let (whole, fraction) = (micros / UNIT, micros % UNIT);
    if fraction == 0 {
        return whole.to_string();
    }
    format!("{whole}.{}", format!("{fraction:0>DECIMALS$}").trim_end_matches('0'))
}

impl From<Money> for gates::Amount {
    fn from(money: Money) -> Self {
        Self { micros: money.micros, currency: money.currency.to_string() }
    }
}

/// A currency, by its three letters (ISO 4217).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Currency(Box<str>);

/// What is no currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three letters of A-Z")]
pub struct InvalidCurrency;

fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

checked_text!(Currency, is_currency, InvalidCurrency, InvalidCurrency);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_amount_is_read_to_the_last_millionth() {
        let check = |text: &str, expected: Result<u64, InvalidAmount>| assert_eq!(micros(text), expected, "{text}");
        check("0", Ok(0));
        check("0.1", Ok(100_000));
        check("12.50", Ok(12_500_000));
        check("0.000001", Ok(1));
        check("007", Ok(7_000_000));
        check("9223372036854.775807", Ok(MICROS_MAX));
        check("9223372036854.775808", Err(InvalidAmount::TooMuch));
        check("18446744073709.551616", Err(InvalidAmount::TooMuch));
        check("99999999999999999999999999", Err(InvalidAmount::TooMuch));
        check("0.0000001", Err(InvalidAmount::TooFine));
        check("0.1000000", Err(InvalidAmount::TooFine));
        check("-1", Err(InvalidAmount::Negative));
        check("-0", Err(InvalidAmount::Negative));
        for text in ["", ".", "1.", ".5", "1e3", "1,5", "+1", " 1", "1 ", "--1", "-", "NaN", "0x1", "1.5.5", "١"] {
            check(text, Err(InvalidAmount::NoDecimal));
        }
    }

    #[test]
    fn a_currency_has_three_letters() {
        let check = |text: &str, is_currency: bool| assert_eq!(text.parse::<Currency>().is_ok(), is_currency, "{text}");
        check("EUR", true);
        for text in ["", "eur", "EURO", "EU", "E1R", "ÄÖ"] {
            check(text, false);
        }
    }

    proptest! {
        #[test]
        fn an_amount_is_read_as_it_is_written(amount in 0..=MICROS_MAX) {
            prop_assert_eq!(micros(&decimal(amount)), Ok(amount));
        }
    }
}
