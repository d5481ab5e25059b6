//! One connection of the bare writer: frames that did not fit yet, and what has been read.

use mio::net::TcpStream;
use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::rc::Rc;

/// A connection, of a reader or of the producer.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) received: Vec<u8>,
    pub(crate) role: Role,
    /// What the kernel did not take, and how much of the first it did take.
    unsent: VecDeque<Rc<[u8]>>,
    sent_of_first: usize,
    /// What waits in all connections together.
    unsent_everywhere: Rc<Cell<usize>>,
}

/// What there was to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// All of it has been read.
    All,
    /// There may be more.
    Some,
    /// The other end has gone.
    Closed,
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Unknown,
    Reader,
    Producer,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, unsent_everywhere: Rc<Cell<usize>>) -> Self {
        let (received, unsent) = (Vec::new(), VecDeque::new());
        Self { stream, received, role: Role::Unknown, unsent, sent_of_first: 0, unsent_everywhere }
    }

    /// One write per frame; what does not fit waits its turn. Fails when the reader has gone.
    pub(crate) fn send(&mut self, frame: &Rc<[u8]>) -> io::Result<()> {
        self.unsent.push_back(Rc::clone(frame));
        self.unsent_everywhere.update(|unsent| unsent + 1);
        if self.unsent.len() == 1 { self.flush() } else { Ok(()) }
    }

    /// Goes on with what waits, one write per frame.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        while let Some(frame) = self.unsent.front() {
            match self.stream.write(&frame[self.sent_of_first..]) {
                Ok(sent) if self.sent_of_first + sent < frame.len() => self.sent_of_first += sent,
                Ok(_) => {
                    self.unsent.pop_front();
                    self.unsent_everywhere.update(|unsent| unsent - 1);
                    self.sent_of_first = 0;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes in what is there, one buffer at most.
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> Received {
        match self.stream.read(buffer) {
            Ok(0) => Received::Closed,
            Ok(read) => {
                self.received.extend_from_slice(&buffer[..read]);
                if read < buffer.len() { Received::All } else { Received::Some }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Received::All,
            Err(_) => Received::Closed,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.unsent_everywhere.update(|unsent| unsent - self.unsent.len());
    }
}
