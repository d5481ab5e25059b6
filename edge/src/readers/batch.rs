//! Several events in one write, made once for all readers who see the same of them.

use super::channels::Channels;
use super::frame::Frame;
use bytes::{Bytes, BytesMut};

/// What one write carries.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    text: Bytes,
    /// Where each block ends, and up to which event a reader has come with it.
    ends: Vec<(usize, u64)>,
}

/// Where a reader stands after a write that did not take everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The last event that is written, but for `rest`.
    pub(crate) seen: u64,
    /// What is missing of it.
    pub(crate) rest: Bytes,
}

impl Batch {
    /// The events as `channels` see them. Hidden ones move the reader's cursor: the last of them by an id-only block.
    pub(crate) fn new(frames: &[Frame], channels: Channels) -> Self {
        if let [frame] = frames
            && channels.see(frame.channel())
        {
            return Self { text: frame.block().clone(), ends: vec![(frame.block().len(), frame.seq)] };
        }
        let mut text = BytesMut::with_capacity(frames.iter().map(|f| f.block().len()).sum());
        let mut ends = Vec::with_capacity(frames.len());
        for frame in frames.iter().filter(|frame| channels.see(frame.channel())) {
            text.extend_from_slice(frame.block());
            ends.push((text.len(), frame.seq));
        }
        if let Some(hidden) = frames.last().filter(|frame| !channels.see(frame.channel())) {
            text.extend_from_slice(hidden.id_line());
            text.extend_from_slice(b"\n");
            ends.push((text.len(), hidden.seq));
        }
        Self { text: text.freeze(), ends }
    }

    /// What is to be written.
    pub(crate) fn text(&self) -> &Bytes {
        &self.text
    }

    /// Where a reader stands who had seen `before` and took the first `written` bytes. The rest is a copy: it
    /// keeps no more alive than itself.
    pub(crate) fn cut(&self, before: u64, written: usize) -> Cut {
        let begun = self.ends.partition_point(|(end, _)| *end < written);
        let starts = begun.checked_sub(1).map_or(0, |last| self.ends[last].0);
        match self.ends.get(begun) {
            Some((end, seq)) if written > starts => {
                Cut { seen: *seq, rest: Bytes::copy_from_slice(&self.text[written..*end]) }
            }
            Some(_) | None => {
                Cut { seen: begun.checked_sub(1).map_or(before, |last| self.ends[last].1), rest: Bytes::new() }
            }
        }
    }
}

/// The same events for every set of channels, made when first asked for.
#[derive(Debug)]
pub(crate) struct Batches<'a> {
    frames: &'a [Frame],
    made: [Option<Batch>; Channels::SETS],
}

impl<'a> Batches<'a> {
    /// Of these events.
    pub(crate) fn new(frames: &'a [Frame]) -> Self {
        Self { frames, made: [const { None }; Channels::SETS] }
    }

    /// How many there are.
    pub(crate) fn events(&self) -> u64 {
        self.frames.len() as u64
    }

    /// As `channels` see them.
    pub(crate) fn of(&mut self, channels: Channels) -> &Batch {
        self.made[channels.index()].get_or_insert_with(|| Batch::new(self.frames, channels))
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::tests::{artifact, commit};
    use super::*;
    use subjects::event::Channel;

    fn commits() -> Channels {
        Channels::of(&[Channel::Commits])
    }

    fn block(frame: &Frame) -> String {
        String::from_utf8(frame.block().to_vec()).unwrap()
    }

    fn id_only(frame: &Frame) -> String {
        String::from_utf8(frame.id_line().to_vec()).unwrap() + "\n"
    }

    #[track_caller]
    fn check(frames: &[Frame], channels: Channels, text: &str) {
        assert_eq!(Batch::new(frames, channels).text(), text);
    }

    #[test]
    fn a_reader_gets_what_it_sees() {
        let (one, two, three) = (commit(1), artifact(2), artifact(3));
        check(std::slice::from_ref(&one), commits(), &block(&one));
        check(std::slice::from_ref(&two), commits(), &id_only(&two));
        let all = [one.clone(), two.clone(), three.clone()];
        check(&all, commits(), &(block(&one) + &id_only(&three)));
        check(
            &all,
            Channels::of(&[Channel::Commits, Channel::Artifacts]),
            &(block(&one) + &block(&two) + &block(&three)),
        );
        let hidden_first = [two.clone(), commit(3)];
        check(&hidden_first, commits(), &block(&commit(3)));
    }

    #[test]
    fn a_batch_is_cut_where_the_socket_was_full() {
        let frames = [commit(5), artifact(6), commit(7), artifact(8)];
        let (five, seven) = (frames[0].block().len(), frames[2].block().len());
        let batch = Batch::new(&frames, commits());
        let check = |written, seen, rest: usize| {
            let cut = batch.cut(4, written);
            assert_eq!((cut.seen, cut.rest.len()), (seen, rest), "{written}");
            assert_eq!(cut.rest, batch.text()[written..][..rest]);
        };
        check(0, 4, 0);
        check(1, 5, five - 1);
        check(five, 5, 0);
        check(five + 1, 7, seven - 1);
        check(five + seven, 7, 0);
        check(five + seven + 1, 8, batch.text().len() - five - seven - 1);
        check(batch.text().len(), 8, 0);
    }
}
