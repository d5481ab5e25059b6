//! A transaction on a connection of the pool.

use crate::runtime::worker::Failure;
use crate::store::Client;
use deadpool_postgres::Object;
use node::postgres::{Pool, Scope};
use std::ops::Deref;

/// An open transaction. Dropped unfinished, it changes nothing: its connection is closed, because nobody knows
/// what it is in the middle of.
pub(crate) struct Transaction {
    /// None once it is finished.
    connection: Option<Object>,
}

impl Transaction {
    /// Begins one that sees what is in scope.
    pub(crate) async fn begin(pool: &Pool, scope: impl Into<Scope<'_>>) -> Result<Self, Failure> {
        let transaction = Self::on(pool.get().await?);
        transaction.batch_execute(&scope.into().begin()).await?;
        Ok(transaction)
    }

    /// One that the caller begins and ends, on this connection.
    pub(super) fn on(connection: Object) -> Self {
        Self { connection: Some(connection) }
    }

    /// Makes what was done durable.
    pub(crate) async fn commit(self) -> Result<(), Failure> {
        self.batch_execute("COMMIT").await?;
        self.ended();
        Ok(())
    }

    /// Undoes what was done.
    pub(crate) async fn rollback(self) -> Result<(), Failure> {
        self.batch_execute("ROLLBACK").await?;
        self.ended();
        Ok(())
    }

    /// The caller ended it: the connection is good for others.
    pub(super) fn ended(mut self) {
        self.connection = None;
    }
}

/// A connection for questions outside of any transaction, about what is in scope.
pub(crate) async fn on_pool(pool: &Pool, scope: impl Into<Scope<'_>>) -> Result<Object, Failure> {
    let connection = pool.get().await?;
    connection.batch_execute(&scope.into().set()).await?;
    Ok(connection)
}

impl Deref for Transaction {
    type Target = Client;
    fn deref(&self) -> &Client {
        self.connection.as_ref().expect("only its end takes the connection away")
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}
