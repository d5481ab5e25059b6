//! What gates decide on, as it is kept.

pub(crate) mod answers;
pub(crate) mod budget;
pub(crate) mod dangerous;
pub(crate) mod kpi;
pub(crate) mod licences;
pub(crate) mod locks;
pub(crate) mod overrides;
pub(crate) mod questions;
pub(crate) mod switches;
pub(crate) mod temperature;

use crate::runtime::worker::Failure;
use crate::store::Client;
use anyhow::anyhow;
use gates::UnknownWord;
use std::str::FromStr;
use subjects::gates::text::Name;
use tokio_postgres::types::ToSql;

/// What came of putting something down under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// It stands there now.
    New,
    /// It stood there before, the same.
    Same,
    /// Something else has the name.
    Other,
}

/// What came of taking something back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is taken back now.
    Now,
    /// It was before.
    Before,
    /// There is nothing of this name.
    Never,
}

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Inserts a row where none has its name; else finds out whether it is the same. Both statements take the same parameters.
async fn put(client: &Client, insert: &str, same: &str, parameters: Parameters<'_>) -> Result<Put, Failure> {
    let statement = client.prepare_cached(insert).await?;
    if client.execute(&statement, parameters).await? > 0 {
        return Ok(Put::New);
    }
    let statement = client.prepare_cached(same).await?;
    let is_same = client.query_opt(&statement, parameters).await?.is_some();
    Ok(if is_same { Put::Same } else { Put::Other })
}

/// A word in a column that holds no others.
fn word<T: FromStr<Err = UnknownWord>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|unknown: UnknownWord| Failure::Poison(anyhow!(unknown)))
}

fn names(names: &[Name]) -> Vec<&str> {
    names.iter().map(Name::as_str).collect()
}
