//! One socket that many subscriptions share: each writes whole frames, and what the socket does not take waits in one
//! bounded queue.

use super::batch::{Batch, Cut};
use bytes::{Buf, BytesMut};
use std::io::{ErrorKind, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};

/// What may wait for the socket, unless one frame alone is larger.
pub(crate) const WAITING_BYTES_MAX: usize = 32 * 1024;
/// With more than this waiting, what passes is dropped.
const PRESSURE_BYTES: usize = 8 * 1024;

/// One socket that many subscriptions share.
#[derive(Debug)]
pub(crate) struct Conn {
    socket: TcpStream,
    out: Mutex<Out>,
    /// Wakes who flushes: something waits, or nothing more is to be written.
    pub(crate) changed: Notify,
    /// Wakes who wants to write: some of what waited was taken.
    pub(crate) progress: Notify,
    /// Held by the one subscription that catches up: the others wait, so that a slow connection costs one piece.
    pub(crate) turn: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Out {
    waiting: BytesMut,
    is_closed: bool,
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// All of it is on its way.
    All,
    /// So much of it is.
    Cut(Cut),
    /// The peer is gone.
    Gone,
}

impl Conn {
    /// Nothing waits yet.
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            out: Mutex::default(),
            changed: Notify::new(),
            progress: Notify::new(),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// The socket, to be read and waited for. It is written to only by this type.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Takes the batch for a reader who has seen `before`, as much of it as there is room for, in whole events.
    pub(crate) fn deliver(&self, batch: &Batch, before: u64) -> Delivered {
        let (mut out, text) = (self.out(), batch.text());
        if out.is_closed {
            return Delivered::Gone;
        }
        let must = out.waiting.is_empty();
        let Ok(written) = self.write_now(&out, text) else { return Delivered::Gone };
        let room = WAITING_BYTES_MAX.saturating_sub(out.waiting.len());
        let end = batch.end_within(written, room, must);
        self.wait(&mut out, &text[written..end]);
        if end == text.len() { Delivered::All } else { Delivered::Cut(batch.cut(before, end)) }
    }

    /// Takes whole frames if nothing waits or there is room; says whether it did, or that the peer is gone.
    pub(crate) fn offer(&self, text: &[u8]) -> Option<bool> {
        self.take(text, WAITING_BYTES_MAX)
    }

    /// The same of what passes, which is dropped sooner.
    pub(crate) fn pass(&self, text: &[u8]) -> Option<bool> {
        self.take(text, PRESSURE_BYTES)
    }

    /// Takes an answer, however much waits: who asks is not listened to while it does not read.
    pub(crate) fn answer(&self, text: &[u8]) {
        let _ = self.take(text, usize::MAX);
    }

    fn take(&self, text: &[u8], room: usize) -> Option<bool> {
        let mut out = self.out();
        if out.is_closed {
            return None;
        }
        let waiting = out.waiting.len();
        if waiting > 0 && waiting.saturating_add(text.len()) > room {
            return Some(false);
        }
        let written = self.write_now(&out, text).ok()?;
        self.wait(&mut out, &text[written..]);
        Some(true)
    }

    /// Writes what the socket takes at once, unless others wait.
    fn write_now(&self, out: &Out, text: &[u8]) -> Result<usize> {
        if text.is_empty() || !out.waiting.is_empty() {
            return Ok(0);
        }
        unless_full(self.socket.try_write(text))
    }

    fn wait(&self, out: &mut Out, text: &[u8]) {
        if !text.is_empty() {
            out.waiting.extend_from_slice(text);
            self.changed.notify_one();
        }
    }

    /// How much waits.
    pub(crate) fn waiting(&self) -> usize {
        self.out().waiting.len()
    }

    /// Writes what the socket takes of what waits. Says how much that was.
    pub(crate) fn flush(&self) -> Result<usize> {
        let mut out = self.out();
        if out.waiting.is_empty() {
            return Ok(0);
        }
        let written = unless_full(self.socket.try_write(&out.waiting))?;
        out.waiting.advance(written);
        if out.waiting.is_empty() {
            out.waiting = BytesMut::new();
        }
        drop(out);
        if written > 0 {
            self.progress.notify_waiters();
        }
        Ok(written)
    }

    /// Nothing more is taken but this, which is the last.
    pub(crate) fn close(&self, last: &[u8]) {
        self.answer(last);
        self.out().is_closed = true;
        self.changed.notify_one();
        self.progress.notify_waiters();
    }

    /// Whether nothing more is taken.
    pub(crate) fn is_closed(&self) -> bool {
        self.out().is_closed
    }

    fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unless_full(written: Result<usize>) -> Result<usize> {
    match written {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::super::channels::Channels;
    use super::super::frame::tests::commit;
    use super::super::view::View;
    use super::*;
    use crate::access::Rail;
    use subjects::event::Channel;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    async fn pair() -> (Conn, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        server.writable().await.unwrap();
        (Conn::new(server), client)
    }

    fn commits() -> Batch {
        Batch::new(&[commit(1), commit(2)], &View::of(Rail::Ws, Channels::of(&[Channel::Commits])))
    }

    /// Fills the socket until something waits.
    fn clog(conn: &Conn) -> usize {
        let mut bytes = 0;
        while conn.waiting() == 0 {
            assert_eq!(conn.offer(&[b'x'; 16 * 1024]), Some(true));
            bytes += 16 * 1024;
        }
        bytes
    }

    #[tokio::test]
    async fn what_the_socket_does_not_take_waits_within_a_limit() {
        let (conn, mut client) = pair().await;
        let mut bytes = clog(&conn);
        while conn.deliver(&commits(), 0) == Delivered::All {
            bytes += commits().text().len();
        }
        assert!(conn.waiting() <= WAITING_BYTES_MAX);
        assert_eq!(conn.offer(commits().text()), Some(false));
        assert_eq!(conn.pass(b"x"), Some(false), "what passes is dropped first");
        conn.answer(b"answer");
        bytes += "answer".len();
        // One of the two may have found room.
        if let Delivered::Cut(Cut { seen: 1, .. }) = conn.deliver(&commits(), 0) {
            panic!("there was no room for the first a moment ago");
        }
        let mut text = vec![0; bytes];
        let mut read = std::pin::pin!(client.read_exact(&mut text));
        loop {
            tokio::select! {
                _ = &mut read => break,
                () = async { conn.socket().writable().await.unwrap() }, if conn.waiting() > 0 => { conn.flush().unwrap(); }
            }
        }
        assert_eq!(conn.waiting(), 0);
        assert_eq!(conn.deliver(&commits(), 0), Delivered::All);
    }

    #[tokio::test]
    async fn after_its_end_nothing_is_taken() {
        let (conn, mut client) = pair().await;
        conn.close(b"bye");
        assert_eq!((conn.offer(b"x"), conn.pass(b"x")), (None, None));
        assert_eq!(conn.deliver(&commits(), 0), Delivered::Gone);
        conn.answer(b"x");
        drop(conn);
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "bye");
    }
}
