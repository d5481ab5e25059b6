//! The SQL of the workers, and what its errors mean. Nothing else in `workers/` speaks SQL.
//!
//! Functions that take a client do what they do within its transaction, if it has one, and never commit.

pub(crate) mod actions;
pub(crate) mod admin;
pub(crate) mod append;
pub(crate) mod audit;
pub(crate) mod canvases;
pub(crate) mod commands;
pub(crate) mod dataset_events;
pub(crate) mod flags;
pub(crate) mod gates;
pub(crate) mod grafts;
pub(crate) mod log;
pub(crate) mod members;
pub(crate) mod objects;
pub(crate) mod people;
pub(crate) mod privacy;
pub(crate) mod revocations;
pub(crate) mod runs;
pub(crate) mod snapshots;
pub(crate) mod sweep;
pub(crate) mod threads;
pub(crate) mod transaction;
pub(crate) mod uploads;

use crate::runtime::worker::Failure;
use chrono::{DateTime, Utc};
use deadpool_postgres::PoolError;
use subjects::ids::{Env, TenantId};
use subjects::member_command::MemberCommand;
use subjects::routing::StreamKey;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

/// A connection of the pool.
pub(crate) type Client = deadpool_postgres::ClientWrapper;

/// Whose something is, and in which environment: every key of the database begins with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Whose.
    pub(crate) tenant_id: &'a TenantId,
    /// In which environment.
    pub(crate) env: Env,
}

impl<'a> Place<'a> {
    /// Where a log is.
    pub(crate) fn of(key: &'a StreamKey) -> Self {
        Self { tenant_id: &key.tenant_id, env: key.env }
    }
}

impl<'a, A> From<&'a MemberCommand<A>> for Place<'a> {
    /// Where a member asks.
    fn from(command: &'a MemberCommand<A>) -> Self {
        Self { tenant_id: &command.tenant_id, env: command.env }
    }
}

/// Who registered something, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Registered {
    /// The command that did.
    pub(crate) command_id: Uuid,
    /// When.
    pub(crate) created_at: DateTime<Utc>,
}

impl Registered {
    /// From the columns `command_id, created_at`.
    fn of(row: &Row) -> Self {
        Self { command_id: row.get(0), created_at: row.get(1) }
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(_)
            | PoolError::Closed
            | PoolError::NoRuntimeSpecified
            | PoolError::PostCreateHook(_) => Failure::Unavailable(error.into()),
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(code) if !is_away(code) => Failure::Transient(error.into()),
            // Without a code it is the connection that failed.
            Some(_) | None => Failure::Unavailable(error.into()),
        }
    }
}

/// Whether the database, not the command, is why it did not work: it is starting, stopping, full, locked up by a
/// worker that was paused, or not migrated to what this version needs.
fn is_away(code: &SqlState) -> bool {
    const CLASSES: [&str; 5] = ["08", "25", "42", "53", "57"];
    let is_class = CLASSES.iter().any(|class| code.code().starts_with(class));
    is_class || matches!(*code, SqlState::LOCK_NOT_AVAILABLE | SqlState::IO_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_fault_it_is() {
        let check = |code: SqlState, expected| assert_eq!(is_away(&code), expected, "{code:?}");
        check(SqlState::ADMIN_SHUTDOWN, true);
        check(SqlState::CANNOT_CONNECT_NOW, true);
        check(SqlState::QUERY_CANCELED, true);
        check(SqlState::TOO_MANY_CONNECTIONS, true);
        check(SqlState::DISK_FULL, true);
        check(SqlState::LOCK_NOT_AVAILABLE, true);
        check(SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT, true);
        check(SqlState::READ_ONLY_SQL_TRANSACTION, true);
        check(SqlState::UNDEFINED_TABLE, true);
        check(SqlState::UNIQUE_VIOLATION, false);
        check(SqlState::T_R_SERIALIZATION_FAILURE, false);
        check(SqlState::T_R_DEADLOCK_DETECTED, false);
        check(SqlState::CHARACTER_NOT_IN_REPERTOIRE, false);
    }
}
