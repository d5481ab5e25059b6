//! Amounts of money in bodies: decimals, in text or as numbers, read to the last digit.

use crate::error::ApiError;
use crate::http::body;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use subjects::money::{self, Currency, Money};

/// An amount of money, as it is asked for.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyBody {
    /// A decimal, not below 0, with at most 6 digits behind the point: in text, or as a number.
    #[schema(value_type = String, example = "12.50")]
    pub amount: Box<RawValue>,
    /// ISO 4217.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
}

impl MoneyBody {
    /// The amount. `at` names the place in the body, should it be none.
    pub fn read(self, at: &str) -> Result<Money, ApiError> {
        Ok(Money { micros: micros(&self.amount, at)?, currency: self.currency })
    }
}

/// An amount of money, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MoneySaid {
    /// A decimal.
    #[schema(example = "12.5")]
    pub amount: String,
    /// ISO 4217.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
}

impl From<Money> for MoneySaid {
    fn from(money: Money) -> Self {
        Self { amount: money::decimal(money.micros), currency: money.currency }
    }
}

/// The millionths in a JSON string or number, exactly.
pub fn micros(amount: &RawValue, at: &str) -> Result<u64, ApiError> {
    let written = amount.get();
    let text: Result<String, _> = serde_json::from_str(written);
    let text = text.as_deref().unwrap_or(written);
    money::micros(text).map_err(|invalid| body::invalid(format!("At {at}: {invalid}."), at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_to_the_last_digit() {
        let check = |json: &str, expected: Option<u64>| {
            let body: Option<MoneyBody> = serde_json::from_str(json).ok();
            assert_eq!(body.and_then(|body| body.read("cost").ok()).map(|money| money.micros), expected, "{json}");
        };
        check(r#"{"amount": "0.1", "currency": "EUR"}"#, Some(100_000));
        check(r#"{"amount": 0.1, "currency": "EUR"}"#, Some(100_000));
        check(r#"{"amount": 9007199254740.993001, "currency": "EUR"}"#, Some(9_007_199_254_740_993_001));
        check(r#"{"amount": 1e3, "currency": "EUR"}"#, None);
        check(r#"{"amount": -1, "currency": "EUR"}"#, None);
        check(r#"{"amount": 0.0000001, "currency": "EUR"}"#, None);
        check(r#"{"amount": null, "currency": "EUR"}"#, None);
        check(r#"{"amount": {}, "currency": "EUR"}"#, None);
        check(r#"{"amount": 1, "currency": "eur"}"#, None);
        check(r#"{"amount": 1}"#, None);
        check(r#"{"amount": 1, "currency": "EUR", "more": 1}"#, None);
    }
}
