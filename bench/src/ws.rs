//! A WebSocket of a ready-made client, for figures where its own cost is not what is measured.

use crate::world::World;
use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::{WebSocketStream, client_async};

/// An open WebSocket.
#[derive(Debug)]
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Opens one at an edge, of the session of this name.
    pub(crate) async fn open(world: &World, edge: usize, session_id: &str) -> Result<Self> {
        let host = world.edge(edge)?;
        let mut request = format!("ws://{host}/ws").into_client_request()?;
        let headers = world.headers() + &format!("X-Session-Id: {session_id}\r\n");
        for (name, value) in headers.lines().filter_map(|line| line.split_once(": ")) {
            request.headers_mut().insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
        let (stream, _) = client_async(request, TcpStream::connect(host).await?).await?;
        Ok(Self(stream))
    }

    /// Sends a frame and reads to its answer, which must be good.
    pub(crate) async fn ask(&mut self, mut frame: Value) -> Result<()> {
        frame["id"] = json!("1");
        self.0.send(Message::Text(frame.to_string().into())).await?;
        loop {
            let answer = self.hear().await?;
            if answer["id"] == "1" {
                return if answer["type"] == "error" { bail!("{frame} is refused: {answer}") } else { Ok(()) };
            }
        }
    }

    /// The next frame.
    pub(crate) async fn hear(&mut self) -> Result<Value> {
        loop {
            let message = self.0.next().await.context("the socket was closed")??;
            if let Message::Text(text) = message {
                return Ok(serde_json::from_str(&text)?);
            }
        }
    }
}
