//! How tests and benches reach the bus.

use anyhow::Result;
use async_nats::{Client, ConnectOptions, ServerAddr};

/// Connects as the user in the URL, which the client library itself leaves unread. Answers come below `inbox`, such as
/// `_INBOX.edge.test`: a user may only listen below its own.
pub async fn connect_bus(url: &str, inbox: &str) -> Result<Client> {
    let address: ServerAddr = url.parse()?;
    let (user, password) = (address.username().unwrap_or_default(), address.password().unwrap_or_default());
    let options = ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned());
    Ok(options.custom_inbox_prefix(inbox).connect(address.clone()).await?)
}
