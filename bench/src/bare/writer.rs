//! The process of the bare writer: a single epoll loop that knows no tenants, no rights, no holes.
//!
//! A reader sends `GET {path}`, with `Last-Event-ID: n` when it has seen n events. The producer sends `PUT` and then
//! frames, each behind its path and its length, of which the newest are kept for readers that come back.

use super::connection::{Connection, Received, Role};
use anyhow::Result;
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Socket, Type};
use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::rc::Rc;

const LISTENER: Token = Token(usize::MAX);
const LISTEN_BACKLOG: i32 = 1_024;
const EVENTS_MAX: usize = 1_024;
const READ_BYTES: usize = 64 * 1024;
/// Frames of one path that are kept.
const KEPT_MAX: usize = 1_000;
/// Frames that may wait in all queues together before the producer is made to wait.
const UNSENT_MAX: usize = 500_000;
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\r\n";

#[derive(Default)]
struct Key {
    readers: Vec<usize>,
    sent: u64,
    kept: VecDeque<Rc<[u8]>>,
}

struct Writer {
    poll: Poll,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    keys: HashMap<String, Key>,
    producer: Option<Producer>,
    unsent: Rc<Cell<usize>>,
    buffer: Vec<u8>,
}

/// Whoever sends the frames.
struct Producer {
    connection: usize,
    /// Whether there may be something to read.
    is_ready: bool,
}

/// Says its port on stdout, then serves until it is killed.
pub(crate) fn run() -> Result<()> {
    let poll = Poll::new()?;
    let mut listener = listen()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    println!("{}", listener.local_addr()?);
    io::stdout().flush()?;
    let writer = Writer {
        poll,
        listener,
        connections: Vec::new(),
        free: Vec::new(),
        keys: HashMap::new(),
        producer: None,
        unsent: Rc::default(),
        buffer: vec![0; READ_BYTES],
    };
    writer.run()
}

/// A listener with a queue as long as the edge's: the standard one of 128 drops connections of a storm.
fn listen() -> Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(LISTEN_BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket.into()))
}

impl Writer {
    fn run(mut self) -> Result<()> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        loop {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
                Ok(()) | Err(_) => {}
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    Token(at) => self.serve(at, event),
                }
            }
            self.produce();
        }
    }

    fn accept(&mut self) -> Result<()> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => self.add(stream)?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn add(&mut self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let at = self.free.pop().unwrap_or_else(|| {
            self.connections.push(None);
            self.connections.len() - 1
        });
        self.poll.registry().register(&mut stream, Token(at), Interest::READABLE | Interest::WRITABLE)?;
        self.connections[at] = Some(Connection::new(stream, Rc::clone(&self.unsent)));
        Ok(())
    }

    fn serve(&mut self, at: usize, event: &Event) {
        if let Some(producer) = self.producer.as_mut().filter(|producer| producer.connection == at) {
            producer.is_ready = true;
            return;
        }
        let Some(connection) = self.connections[at].as_mut() else { return };
        let received = if event.is_readable() { connection.receive(&mut self.buffer) } else { Received::All };
        if received == Received::Closed || connection.flush().is_err() {
            return self.remove(at);
        }
        if connection.role == Role::Unknown {
            self.welcome(at);
        }
    }

    fn remove(&mut self, at: usize) {
        self.connections[at] = None;
        self.free.push(at);
        self.keys.values_mut().for_each(|key| key.readers.retain(|reader| *reader != at));
    }

    fn welcome(&mut self, at: usize) {
        let Some(connection) = self.connections[at].as_mut() else { return };
        let Some(end) = memchr::memmem::find(&connection.received, b"\r\n\r\n") else { return };
        let head: Vec<u8> = connection.received.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head);
        if head.starts_with("PUT") {
            connection.role = Role::Producer;
            self.producer = Some(Producer { connection: at, is_ready: true });
            return;
        }
        connection.role = Role::Reader;
        let path = head.split(' ').nth(1).unwrap_or_default();
        let after = head.lines().find_map(|line| line.strip_prefix("Last-Event-ID: "));
        let key = self.keys.entry(path.to_owned()).or_default();
        key.readers.push(at);
        let backlog = key.backlog(after.and_then(|after| after.parse().ok()));
        let _ = connection.send(&backlog.into()); // A reader that has gone is noticed by the loop.
    }

    /// Takes frames from the producer, unless too much waits to be sent.
    fn produce(&mut self) {
        while let Some(&Producer { connection: at, is_ready: true }) = self.producer.as_ref()
            && self.unsent.get() < UNSENT_MAX
            && let Some(mut connection) = self.connections[at].take()
        {
            let received = connection.receive(&mut self.buffer);
            let mut used = 0;
            while let Some((path, frame, length)) = split(&connection.received[used..]) {
                self.publish(path, frame.into());
                used += length;
            }
            connection.received.drain(..used);
            self.connections[at] = Some(connection);
            self.producer = match received {
                Received::Closed => None,
                Received::All => Some(Producer { connection: at, is_ready: false }),
                Received::Some => Some(Producer { connection: at, is_ready: true }),
            };
        }
    }

    fn publish(&mut self, path: &str, frame: Rc<[u8]>) {
        let Some(key) = self.keys.get_mut(path) else { return };
        for reader in &key.readers {
            if let Some(connection) = self.connections[*reader].as_mut() {
                let _ = connection.send(&frame); // A reader that has gone is noticed by the loop.
            }
        }
        key.keep(frame);
    }
}

impl Key {
    fn keep(&mut self, frame: Rc<[u8]>) {
        self.sent += 1;
        self.kept.push_back(frame);
        if self.kept.len() > KEPT_MAX {
            self.kept.pop_front();
        }
    }

    /// The head, the greeting, and what the reader missed, as one.
    fn backlog(&self, after: Option<u64>) -> Vec<u8> {
        let missed = self.sent - after.unwrap_or(self.sent).min(self.sent);
        let missed = self.kept.len() - usize::try_from(missed).unwrap_or(0).min(self.kept.len());
        let mut bytes = HEAD.as_bytes().to_vec();
        let cursor = after.unwrap_or(self.sent);
        let hello = format!("event: hello\ndata: {{\"resumed\":{},\"cursor\":\"{cursor}\"}}\n\n", after.is_some());
        bytes.extend_from_slice(hello.as_bytes());
        self.kept.range(missed..).for_each(|frame| bytes.extend_from_slice(frame));
        bytes
    }
}

/// The first frame that is whole: its path, itself, and how long both are with their lengths.
fn split(bytes: &[u8]) -> Option<(&str, &[u8], usize)> {
    let (path_length, rest) = bytes.split_first_chunk::<4>()?;
    let (path, rest) = rest.split_at_checked(u32::from_le_bytes(*path_length) as usize)?;
    let (frame_length, rest) = rest.split_first_chunk::<4>()?;
    let (frame, _) = rest.split_at_checked(u32::from_le_bytes(*frame_length) as usize)?;
    Some((std::str::from_utf8(path).unwrap_or_default(), frame, 8 + path.len() + frame.len()))
}

/// A frame as the producer sends it.
pub(crate) fn join(path: &str, frame: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| (bytes.len() as u32).to_le_bytes();
    [&length(path.as_bytes())[..], path.as_bytes(), &length(frame), frame].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_split_as_it_was_joined() {
        let bytes = join("/sse/canvas/c1", b"data: x\n\n");
        assert_eq!(split(&bytes), Some(("/sse/canvas/c1", &b"data: x\n\n"[..], bytes.len())));
        assert_eq!(split(&bytes[..bytes.len() - 1]), None);
        assert_eq!(split(b""), None);
    }

    #[test]
    fn who_comes_back_gets_what_it_missed() {
        let mut key = Key::default();
        for seq in 1..=3 {
            key.keep(format!("data: {seq}\n\n").into_bytes().into());
        }
        let check = |after, expected: &str| {
            let backlog = String::from_utf8(key.backlog(after)).unwrap();
            let (_, blocks) = backlog.split_once("}\n\n").unwrap();
            assert_eq!(blocks, expected);
        };
        check(None, "");
        check(Some(3), "");
        check(Some(1), "data: 2\n\ndata: 3\n\n");
        check(Some(0), "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    }
}
