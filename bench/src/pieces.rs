//! A response in the pieces in which it comes in: its head is checked and left out, and what is not whole waits for its
//! rest.

use memchr::memmem::Finder;
use std::sync::LazyLock;

/// What came in and is not whole yet.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    head_done: bool,
    partial: Vec<u8>,
}

/// The server did not say what begins a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) String);

static HEAD_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\r\n\r\n"));

impl Pieces {
    /// Takes bytes of a response in whose head begins with `status`. `take` is given what stands behind the head and was
    /// not taken before, and says how many bytes of it it took.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        status: &[u8],
        take: impl FnOnce(&[u8]) -> usize,
    ) -> Result<(), Refused> {
        if self.head_done && self.partial.is_empty() {
            let used = take(bytes);
            self.partial.extend_from_slice(&bytes[used..]);
            return Ok(());
        }
        self.partial.extend_from_slice(bytes);
        let mut used = 0;
        if !self.head_done {
            let Some(end) = HEAD_END.find(&self.partial) else { return Ok(()) };
            if !self.partial.starts_with(status) {
                return Err(Refused(String::from_utf8_lossy(&self.partial).into_owned()));
            }
            self.head_done = true;
            used = end + HEAD_END.needle().len();
        }
        used += take(&self.partial[used..]);
        self.partial.drain(..used);
        Ok(())
    }
}
