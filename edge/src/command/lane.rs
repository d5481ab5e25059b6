//! The commands of one canvas that wait behind the message in flight. Pure.

use std::collections::VecDeque;
use subjects::limits::{BATCH_COMMANDS_MAX, MESSAGE_BYTES_MAX};

/// Commands that wait, in the order in which they came, each with its size.
#[derive(Debug)]
pub struct Lane<C> {
    waiting: VecDeque<(C, usize)>,
    bytes: usize,
}

/// No more may wait here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// The most commands that wait behind one message.
pub const WAITING_MAX: usize = 1_024;
/// The most bytes that wait behind one message.
pub const WAITING_BYTES_MAX: usize = 4 * 1024 * 1024;
/// What stands around the commands of a message, and between two of them.
const FRAME_BYTES: usize = 64;
/// The largest command that travels, as JSON.
pub const COMMAND_MESSAGE_BYTES_MAX: usize = MESSAGE_BYTES_MAX - FRAME_BYTES;

impl<C> Lane<C> {
    /// Nothing waits.
    pub fn new() -> Self {
        Self { waiting: VecDeque::new(), bytes: 0 }
    }

    /// Takes a place behind the others. A command has at most [`COMMAND_MESSAGE_BYTES_MAX`].
    pub fn join(&mut self, command: C, bytes: usize) -> Result<(), Full> {
        if self.waiting.len() >= WAITING_MAX || self.bytes + bytes > WAITING_BYTES_MAX {
            return Err(Full);
        }
        self.waiting.push_back((command, bytes));
        self.bytes += bytes;
        Ok(())
    }

    /// Those that go as the next message: as many as fit, the longest waiting first. None when nothing waits.
    pub fn depart(&mut self) -> Vec<C> {
        let mut left = COMMAND_MESSAGE_BYTES_MAX;
        let mut departing = Vec::new();
        while departing.len() < BATCH_COMMANDS_MAX
            && let Some((_, bytes)) = self.waiting.front()
            && (departing.is_empty() || *bytes < left)
            && let Some((command, bytes)) = self.waiting.pop_front()
        {
            left = left.saturating_sub(bytes + 1);
            self.bytes -= bytes;
            departing.push(command);
        }
        departing
    }

    /// All that wait, because none of them will go.
    pub fn clear(&mut self) -> Vec<C> {
        self.bytes = 0;
        self.waiting.drain(..).map(|(command, _)| command).collect()
    }
}

impl<C> Default for Lane<C> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets commands of these sizes join, and tells the sizes of the messages that depart.
    fn check(sizes: &[usize], messages: &[usize]) {
        let mut lane = Lane::new();
        for (n, bytes) in sizes.iter().enumerate() {
            lane.join(n, *bytes).unwrap();
        }
        let departed: Vec<_> = std::iter::from_fn(|| Some(lane.depart()).filter(|some| !some.is_empty())).collect();
        assert_eq!(departed.iter().map(Vec::len).collect::<Vec<_>>(), messages, "{sizes:?}");
        assert!(departed.concat().into_iter().eq(0..sizes.len()), "the order is kept");
        assert_eq!(lane.bytes, 0);
    }

    #[test]
    fn commands_depart_together_in_order() {
        check(&[], &[]);
        check(&[10], &[1]);
        check(&[10, 20, 30], &[3]);
        check(&[1; 64], &[64]);
        check(&[1; 65], &[64, 1]);
        check(&[300_000, 300_000, 300_000], &[2, 1]);
        check(&[COMMAND_MESSAGE_BYTES_MAX], &[1]);
        check(&[COMMAND_MESSAGE_BYTES_MAX, 1], &[1, 1]);
        check(&[1, COMMAND_MESSAGE_BYTES_MAX, 1], &[1, 1, 1]);
    }

    #[test]
    fn no_more_wait_than_may() {
        let mut lane = Lane::new();
        assert!((0..WAITING_MAX).all(|n| lane.join(n, 1).is_ok()));
        assert_eq!(lane.join(0, 1), Err(Full));
        assert_eq!(lane.depart().len(), BATCH_COMMANDS_MAX);
        assert_eq!(lane.join(0, 1), Ok(()));
        assert_eq!(lane.join(0, WAITING_BYTES_MAX), Err(Full));
        assert_eq!(lane.clear().len(), WAITING_MAX - BATCH_COMMANDS_MAX + 1);
        assert_eq!(lane.join(0, WAITING_BYTES_MAX), Ok(()));
    }
}
