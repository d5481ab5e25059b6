//! One reader: its connection, its place in the stream, and what it makes of the bytes.

use super::protocol::{Group, Rail};
use super::tally::Tally;
use crate::clock;
use crate::frames::{self, Frame};
use crate::pieces::Refused;
use crate::sse;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Socket, Type};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

/// What the kernel may hold for a reader that is slow: little, so that the server notices.
const SLOW_RECEIVE_BYTES: usize = 4 * 1024;

/// How the answer to a subscription begins.
const SUBSCRIBED: &[u8] = br#"{"type":"subscribed""#;

/// One reader.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) group: usize,
    pub(crate) pace: Pace,
    /// The last event that it saw.
    pub(crate) seen: Option<u64>,
    /// Whether this connection has said `hello`.
    pub(crate) greeted: bool,
    cursor: String,
    connection: Option<Connection>,
}

/// How fast a reader reads.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    AsItComes,
    /// So much per second, since then.
    Slow {
        bytes_per_s: u32,
        since: Instant,
        taken: u64,
    },
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    scanner: Scanner,
    asked: bool,
}

#[derive(Debug)]
enum Scanner {
    Sse(sse::Scanner),
    Ws(frames::Scanner),
}

/// What reading came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Open,
    Closed,
    Refused(Refused),
}

impl Reader {
    pub(crate) fn new(group: usize, pace: Pace) -> Self {
        Self { group, pace, seen: None, greeted: false, cursor: String::new(), connection: None }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// Begins to connect; the request goes out when the socket is writable.
    pub(crate) fn connect(&mut self, to: SocketAddr, rail: &Rail, registry: &Registry, token: Token) -> io::Result<()> {
        let mut stream = match self.pace {
            Pace::AsItComes => TcpStream::connect(to)?,
            Pace::Slow { .. } => connect_narrow(to)?,
        };
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        let scanner = match rail {
            Rail::Sse => Scanner::Sse(sse::Scanner::default()),
            Rail::Ws { .. } => Scanner::Ws(frames::Scanner::default()),
        };
        self.connection = Some(Connection { stream, scanner, asked: false });
        self.greeted = false;
        Ok(())
    }

    /// Drops the connection; its place is kept.
    pub(crate) fn close(&mut self) {
        self.connection = None;
        self.greeted = false;
    }

    /// Sends the request once, from where this reader left off.
    pub(crate) fn ask(&mut self, group: &Group, headers: &str) -> io::Result<()> {
        let Some(connection) = self.connection.as_mut().filter(|connection| !connection.asked) else { return Ok(()) };
        let request = match &group.rail {
            Rail::Sse => sse_request(&group.path, headers, &self.cursor),
            Rail::Ws { canvas_id } => ws_request(&group.path, headers, canvas_id, &self.cursor),
        };
        connection.stream.write_all(&request)?;
        connection.asked = true;
        Ok(())
    }

    /// Reads what is there, as far as its pace allows.
    pub(crate) fn read(&mut self, buffer: &mut [u8], tally: &mut Tally) -> Outcome {
        loop {
            let allowed = self.pace.allowed(buffer.len());
            let Some(connection) = self.connection.as_mut().filter(|_| allowed > 0) else { return Outcome::Open };
            let read = match connection.stream.read(&mut buffer[..allowed]) {
                Ok(0) => return Outcome::Closed,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Outcome::Open,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return Outcome::Closed,
            };
            self.pace.took(read);
            let now_us = clock::now_us();
            let Self { seen, greeted, cursor, .. } = self;
            let mut heard = Heard { seen, greeted, cursor, tally, now_us };
            let bytes = &buffer[..read];
            let fed = match &mut connection.scanner {
                Scanner::Sse(scanner) => scanner.feed(bytes, |block| heard.block(block)),
                Scanner::Ws(scanner) => scanner.feed(bytes, |frame| heard.frame(frame, &mut connection.stream)),
            };
            if let Err(refused) = fed {
                return Outcome::Refused(refused);
            }
            if read < allowed {
                return Outcome::Open; // Drained: more will be told of.
            }
        }
    }
}

fn sse_request(path: &str, headers: &str, cursor: &str) -> Vec<u8> {
    let resume = match cursor {
        "" => String::new(),
        cursor => format!("Last-Event-ID: {cursor}\r\n"),
    };
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n{headers}{resume}\r\n").into_bytes()
}

/// The handshake, and right behind it what to subscribe to.
fn ws_request(path: &str, headers: &str, canvas_id: &str, cursor: &str) -> Vec<u8> {
    let handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: bm9ydGhzdGFyIGJlbmNoIQ==\r\n";
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{handshake}{headers}\r\n").into_bytes();
    let cursor = if cursor.is_empty() { serde_json::Value::Null } else { cursor.into() };
    let subscribe = serde_json::json!({ "id": "s", "type": "subscribe", "canvas_id": canvas_id, "cursor": cursor });
    request.extend(frames::text(&subscribe.to_string()));
    request
}

/// Where a reader stands while it takes blocks in.
struct Heard<'a> {
    seen: &'a mut Option<u64>,
    greeted: &'a mut bool,
    cursor: &'a mut String,
    tally: &'a mut Tally,
    now_us: u64,
}

impl Heard<'_> {
    fn block(&mut self, bytes: &[u8]) {
        let block = sse::parse(bytes);
        match (block.event, block.data) {
            (Some("hello"), Some(data)) => self.hello(data),
            (Some("reset"), _) => self.tally.resets += 1,
            (_, Some(data)) => {
                if let Some(seq) = sse::seq(data) {
                    self.event(seq, data, bytes.len());
                }
            }
            (_, None) => {}
        }
        if let Some(id) = block.id {
            self.remember(id);
        }
    }

    fn frame(&mut self, frame: Frame<'_>, stream: &mut TcpStream) {
        match frame {
            Frame::Text(json, _) if json.starts_with(SUBSCRIBED) => self.hello(json),
            Frame::Text(json, length) => match (sse::seq(json), sse::cursor(json)) {
                (Some(seq), Some(cursor)) => {
                    self.event(seq, json, length);
                    self.remember(cursor);
                }
                // A `reset`, or a refusal: the reader is not told everything.
                _ => self.tally.resets += 1,
            },
            // A reader that cannot say so is closed soon enough.
            Frame::Ping => _ = stream.write_all(&frames::PONG),
            Frame::Close => {}
        }
    }

    fn event(&mut self, seq: u64, data: &[u8], length: usize) {
        self.tally.event(seq, *self.seen, sse::sent_us(data), self.now_us);
        self.tally.bytes += length as u64;
        *self.seen = Some(seq.max(self.seen.unwrap_or(0)));
    }

    fn hello(&mut self, data: &[u8]) {
        *self.greeted = true;
        let resumed = memchr::memmem::find(data, br#""resumed":true"#).is_some();
        if !self.cursor.is_empty() && !resumed {
            self.tally.resets += 1;
        }
        if let Some(cursor) = sse::cursor(data) {
            self.remember(cursor);
        }
    }

    fn remember(&mut self, cursor: &str) {
        self.cursor.clear();
        self.cursor.push_str(cursor);
    }
}

impl Pace {
    /// As many bytes as may be read now, at most `most`.
    fn allowed(self, most: usize) -> usize {
        match self {
            Pace::AsItComes => most,
            Pace::Slow { bytes_per_s, since, taken } => {
                let due = since.elapsed().as_millis() as u64 * u64::from(bytes_per_s) / 1_000;
                usize::try_from(due.saturating_sub(taken)).unwrap_or(most).min(most)
            }
        }
    }

    fn took(&mut self, bytes: usize) {
        if let Pace::Slow { taken, .. } = self {
            *taken += bytes as u64;
        }
    }
}

/// A connection whose kernel buffer is small.
fn connect_narrow(to: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    socket.set_recv_buffer_size(SLOW_RECEIVE_BYTES)?;
    socket.connect(&to.into())?;
    socket.set_nonblocking(true)?;
    Ok(TcpStream::from_std(socket.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_hears_moves_it_on() {
        let (mut seen, mut greeted, mut cursor, mut tally) = (None, false, String::new(), Tally::new());
        let mut heard =
            Heard { seen: &mut seen, greeted: &mut greeted, cursor: &mut cursor, tally: &mut tally, now_us: 50 };
        for block in [
            "event: hello\ndata: {\"resumed\":false,\"cursor\":\"c0\"}\n\n",
            "id: c1\nevent: canvas_commit\ndata: {\"seq\":1,\"sent_us\":40}\n\n",
            "id: c2\n\n",
            "id: c3\nevent: canvas_commit\ndata: {\"seq\":3}\n\n",
        ] {
            heard.block(block.as_bytes());
        }
        assert_eq!((tally.events, tally.holes, tally.resets, tally.latencies.summary().count), (2, 1, 0, 1));
        assert_eq!((seen, greeted, cursor.as_str()), (Some(3), true, "c3"));
    }

    #[test]
    fn a_cursor_that_is_refused_counts() {
        let (mut seen, mut greeted, mut cursor, mut tally) = (Some(3), false, "c3".to_owned(), Tally::new());
        let mut heard =
            Heard { seen: &mut seen, greeted: &mut greeted, cursor: &mut cursor, tally: &mut tally, now_us: 50 };
        heard.block(b"event: hello\ndata: {\"resumed\":false,\"cursor\":\"c9\"}\n\n");
        assert_eq!(tally.resets, 1);
    }
}
