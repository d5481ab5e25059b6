//! Everything that is asked of Postgres. There is no SQL anywhere else in this crate, and none that writes.

pub mod actions;
pub mod audit;
pub mod backlog;
pub mod canvases;
pub mod commands;
pub mod flags;
pub mod gates;
pub mod leases;
pub mod lineage;
pub mod log;
pub mod objects;
pub mod people;
pub mod privacy;
pub mod replays;
pub mod revocations;
pub mod runs;
pub mod threads;
pub mod tickets;

use crate::error::ApiError;
use deadpool_postgres::PoolError;
use futures_util::{join, try_join};
use node::postgres::{Pool, SET_SCOPE, Scope};
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;
use subjects::ids::InvalidId;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

/// Why a question to the database got no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// No connection.
    #[error("no connection to PostgreSQL")]
    Pool(#[from] PoolError),
    /// The database said no, or nothing.
    #[error("PostgreSQL did not answer the question")]
    Postgres(#[from] tokio_postgres::Error),
    /// The database said nothing for too long.
    #[error("PostgreSQL did not answer within {QUERY_SECS_MAX} s")]
    Silent,
    /// What stands there is not what was agreed.
    #[error("a row holds what it must not: {0}")]
    Odd(String),
}

impl From<InvalidId> for QueryError {
    fn from(invalid: InvalidId) -> Self {
        QueryError::Odd(invalid.to_string())
    }
}

impl From<serde_json::Error> for QueryError {
    fn from(error: serde_json::Error) -> Self {
        QueryError::Odd(error.to_string())
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match &error {
            QueryError::Pool(_) | QueryError::Postgres(_) | QueryError::Silent => {
                ApiError::unavailable("PostgreSQL", &error)
            }
            QueryError::Odd(_) => ApiError::internal(&error),
        }
    }
}

/// The longest that a question may take, with the wait for a connection.
const QUERY_SECS_MAX: u64 = 5;

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The rows that answer a question about what is in scope.
async fn rows<'a>(
    pool: &Pool,
    scope: impl Into<Scope<'a>>,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>, QueryError> {
    let scope = scope.into();
    let setting = scope.setting();
    let scoped: [&(dyn ToSql + Sync); 1] = [&setting];
    within(async {
        let client = pool.get().await?;
        let (set_scope, statement) = try_join!(client.prepare_cached(SET_SCOPE), client.prepare_cached(sql))?;
        // What is polled together travels together, in this order.
        let (set, rows) = join!(client.execute(&set_scope, &scoped), client.query(&statement, parameters));
        set?;
        Ok(rows?)
    })
    .await
}

/// As [`rows`], planned anew each time: for questions about many rows of tables that grow fast, where a plan that was kept
/// from when they were small looks at every row for each that it finds.
async fn rows_planned<'a>(
    pool: &Pool,
    scope: impl Into<Scope<'a>>,
    sql: &str,
    parameters: &[(&(dyn ToSql + Sync), Type)],
) -> Result<Vec<Row>, QueryError> {
    let scope = scope.into();
    let setting = scope.setting();
    let scoped: [&(dyn ToSql + Sync); 1] = [&setting];
    within(async {
        let client = pool.get().await?;
        let set_scope = client.prepare_cached(SET_SCOPE).await?;
        // What is polled together travels together, in this order.
        let (set, rows) = join!(client.execute(&set_scope, &scoped), client.query_typed(sql, parameters));
        set?;
        Ok(rows?)
    })
    .await
}

/// The row that answers a question, if there is one.
async fn row<'a>(
    pool: &Pool,
    scope: impl Into<Scope<'a>>,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<Option<Row>, QueryError> {
    let mut rows = rows(pool, scope, sql, parameters).await?;
    match rows.len() {
        0 | 1 => Ok(rows.pop()),
        many => Err(QueryError::Odd(format!("{many} rows where there is one at most"))),
    }
}

/// The row that always answers a question.
async fn only<'a>(
    pool: &Pool,
    scope: impl Into<Scope<'a>>,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<Row, QueryError> {
    let row = row(pool, scope, sql, parameters).await?;
    row.ok_or_else(|| QueryError::Odd("no row where there is always one".into()))
}

async fn within<T>(question: impl Future<Output = Result<T, QueryError>>) -> Result<T, QueryError> {
    let answer = tokio::time::timeout(Duration::from_secs(QUERY_SECS_MAX), question).await;
    answer.unwrap_or(Err(QueryError::Silent))
}

/// An identifier in a column of text.
fn id<T: FromStr<Err = InvalidId>>(row: &Row, column: &str) -> Result<T, QueryError> {
    let text: &str = row.try_get(column)?;
    Ok(text.parse()?)
}

/// A word in a column of text that holds no others.
fn word<T: FromStr<Err: Display>>(row: &Row, column: &str) -> Result<T, QueryError> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|unknown: T::Err| QueryError::Odd(unknown.to_string()))
}

/// A count in a column of `bigint`. Ours are never negative.
fn count(row: &Row, column: &str) -> Result<u64, QueryError> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| QueryError::Odd(format!("{column} is negative")))
}

/// A count as Postgres is told it. What does not fit is beyond anything stored.
fn bigint(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
