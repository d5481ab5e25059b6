//! What comes from the peer: tungstenite takes it apart, unmasks and joins it, and answers pings and closes.

use super::close::Close;
use crate::readers::conn::Conn;
use bytes::Bytes;
use std::io::{self, ErrorKind, Read, Write};
use subjects::limits::WS_FRAME_BYTES_MAX;
use tokio::net::TcpStream;
use tungstenite::error::{Error, ProtocolError};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Message, Utf8Bytes};

/// What is read at once. An idle connection holds as much.
const READ_BYTES: usize = 2 * 1024;
/// What may wait within the protocol to be written: pongs, pings and the close. What we say waits elsewhere.
const CONTROL_BYTES_MAX: usize = 4 * 1024;

/// What comes from the peer.
#[derive(Debug)]
pub(super) struct Ear {
    context: WebSocketContext,
}

/// What was heard.
#[derive(Debug)]
pub(super) enum Heard {
    /// A text.
    Text(Utf8Bytes),
    /// No text, but the peer is there.
    Sign,
    /// Nothing for now.
    Nothing,
    /// What makes us close.
    Wrong(Close),
    /// The peer closed, or is gone.
    Ended,
}

impl Ear {
    /// Of a connection whose handshake is done; `early` came right behind it.
    pub(super) fn new(early: &Bytes) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(CONTROL_BYTES_MAX)
            .max_message_size(Some(WS_FRAME_BYTES_MAX))
            .max_frame_size(Some(WS_FRAME_BYTES_MAX));
        Self { context: WebSocketContext::from_partially_read(early.to_vec(), Role::Server, Some(config)) }
    }

    /// What comes next.
    pub(super) fn hear(&mut self, conn: &Conn) -> Heard {
        let mut wire = Wire::to(conn.socket());
        let heard = self.context.read(&mut wire);
        let has_read = wire.has_read;
        wire.answer(conn);
        match heard {
            Ok(Message::Text(text)) => Heard::Text(text),
            Ok(Message::Binary(_)) => Heard::Wrong(Close::NotText),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => Heard::Sign,
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => match has_read {
                true => Heard::Sign,
                false => Heard::Nothing,
            },
            Err(Error::Capacity(_)) => Heard::Wrong(Close::TooLarge),
            Err(Error::Utf8(_)) => Heard::Wrong(Close::NotUtf8),
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => Heard::Ended,
            Err(Error::Protocol(_)) => Heard::Wrong(Close::Protocol),
            Err(_) => Heard::Ended,
        }
    }

    /// Asks whether the peer is there.
    pub(super) fn ping(&mut self, conn: &Conn) {
        self.say(conn, |context, wire| context.write(wire, Message::Ping(Bytes::new())));
    }

    /// Says why the connection ends. Nothing more is said on it.
    pub(super) fn close(&mut self, conn: &Conn, why: Close) {
        let mut wire = Wire::to(conn.socket());
        // What is said goes to memory, which takes it; a peer that closed first needs no more.
        let _ = self.context.close(&mut wire, Some(why.frame()));
        conn.close(&wire.said);
    }

    fn say(&mut self, conn: &Conn, say: impl FnOnce(&mut WebSocketContext, &mut Wire<'_>) -> tungstenite::Result<()>) {
        let mut wire = Wire::to(conn.socket());
        if let Err(error) = say(&mut self.context, &mut wire) {
            tracing::debug!(%error, "the peer closes");
        }
        wire.answer(conn);
    }
}

/// Reads from the socket; what the protocol writes is kept, to wait with the rest.
struct Wire<'a> {
    socket: &'a TcpStream,
    said: Vec<u8>,
    has_read: bool,
}

impl<'a> Wire<'a> {
    fn to(socket: &'a TcpStream) -> Self {
        Self { socket, said: Vec::new(), has_read: false }
    }

    fn answer(self, conn: &Conn) {
        if !self.said.is_empty() {
            conn.answer(&self.said);
        }
    }
}

impl Read for Wire<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.socket.try_read(into)?;
        self.has_read = true;
        Ok(read)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, said: &[u8]) -> io::Result<usize> {
        self.said.write(said)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
