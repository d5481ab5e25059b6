//! The database as its superuser: only for what no client could do.

use crate::world::World;
use tokio_postgres::{Client, NoTls};

impl World {
    /// A connection to the database with every right.
    pub async fn database(&self) -> Client {
        let (client, connection) =
            tokio_postgres::connect(&self.access().postgres_admin_url, NoTls).await.expect("the database answers");
        tokio::spawn(connection);
        client
    }
}
