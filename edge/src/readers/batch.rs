//! Several events in one write, made once for all readers who see the same of them.

use super::frame::Frame;
use super::framing;
use super::view::{Keys, View};
use crate::access::Rail;
use bytes::Bytes;

/// What one write carries.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    text: Bytes,
    /// Where each event ends, and up to which event a reader has come with it.
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
    /// The events as `view` sees them. Hidden ones move the cursor of a reader of SSE: the last of them by an id-only
    /// block.
    pub(crate) fn new(frames: &[Frame], view: &View) -> Self {
        let sees = |frame: &Frame| view.sees(frame.channel(), || Keys::of(frame.json()));
        match view.rail {
            Rail::Sse => Self::blocks(frames, sees),
            Rail::Ws => Self::texts(frames, sees),
        }
    }

    fn blocks(frames: &[Frame], sees: impl Fn(&Frame) -> bool) -> Self {
        if let [frame] = frames
            && sees(frame)
        {
            return Self { text: frame.block().clone(), ends: vec![(frame.block().len(), frame.seq)] };
        }
        let mut text = Vec::with_capacity(frames.iter().map(|f| f.block().len()).sum());
        let mut ends = Vec::with_capacity(frames.len());
        let mut hidden = None;
        for frame in frames {
            if sees(frame) {
                text.extend_from_slice(frame.block());
                ends.push((text.len(), frame.seq));
                hidden = None;
            } else {
                hidden = Some(frame);
            }
        }
        if let Some(hidden) = hidden {
            text.extend_from_slice(hidden.id_line());
            text.extend_from_slice(b"\n");
            ends.push((text.len(), hidden.seq));
        }
        Self { text: text.into(), ends }
    }

    fn texts(frames: &[Frame], sees: impl Fn(&Frame) -> bool) -> Self {
        let mut text = Vec::with_capacity(frames.iter().map(|f| f.block().len()).sum());
        let mut ends = Vec::with_capacity(frames.len());
        for frame in frames.iter().filter(|frame| sees(frame)) {
            framing::put_text(&mut text, &[frame.json()]);
            ends.push((text.len(), frame.seq));
        }
        Self { text: text.into(), ends }
    }

    /// What is to be written.
    pub(crate) fn text(&self) -> &Bytes {
        &self.text
    }

    /// How far to go who may take `room` bytes: to the end of the last event that fits, but at least to the end of the
    /// one that was begun at `written`, and of the first where `must` says so.
    pub(crate) fn end_within(&self, written: usize, room: usize, must: bool) -> usize {
        let fits = self.ends.iter().map(|(end, _)| *end).take_while(|end| *end <= written.saturating_add(room)).last();
        let fits = fits.unwrap_or(0);
        if fits >= written && (fits > 0 || !must) {
            return fits;
        }
        self.ends.iter().map(|(end, _)| *end).find(|end| *end >= written.max(1)).unwrap_or(self.text.len())
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

/// The same events for everyone who sees the same of them, made when first asked for.
#[derive(Debug)]
pub(crate) struct Batches<'a> {
    frames: &'a [Frame],
    made: Vec<(View, Batch)>,
    /// The last one that was made for a reader with a filter.
    filtered: Option<Batch>,
}

impl<'a> Batches<'a> {
    /// Of these events.
    pub(crate) fn new(frames: &'a [Frame]) -> Self {
        Self { frames, made: Vec::new(), filtered: None }
    }

    /// How many there are.
    pub(crate) fn events(&self) -> u64 {
        self.frames.len() as u64
    }

    /// As `view` sees them.
    pub(crate) fn of(&mut self, view: &View) -> &Batch {
        if view.filter.is_some() {
            return self.filtered.insert(Batch::new(self.frames, view));
        }
        let is_it = |(made, _): &(View, Batch)| (made.rail, made.channels) == (view.rail, view.channels);
        let at = self.made.iter().position(is_it).unwrap_or_else(|| {
            self.made.push((view.clone(), Batch::new(self.frames, view)));
            self.made.len() - 1
        });
        &self.made[at].1
    }
}

#[cfg(test)]
mod tests {
    use super::super::channels::Channels;
    use super::super::frame::tests::{artifact, commit};
    use super::*;
    use subjects::event::Channel;

    fn commits() -> View {
        View::of(Rail::Sse, Channels::of(&[Channel::Commits]))
    }

    fn everything() -> View {
        View::of(Rail::Sse, Channels::of(&[Channel::Commits, Channel::Artifacts]))
    }

    fn block(frame: &Frame) -> String {
        String::from_utf8(frame.block().to_vec()).unwrap()
    }

    fn id_only(frame: &Frame) -> String {
        String::from_utf8(frame.id_line().to_vec()).unwrap() + "\n"
    }

    #[track_caller]
    fn check(frames: &[Frame], view: View, text: &str) {
        assert_eq!(Batch::new(frames, &view).text(), text);
    }

    #[test]
    fn a_reader_gets_what_it_sees() {
        let (one, two, three) = (commit(1), artifact(2), artifact(3));
        check(std::slice::from_ref(&one), commits(), &block(&one));
        check(std::slice::from_ref(&two), commits(), &id_only(&two));
        let all = [one.clone(), two.clone(), three.clone()];
        check(&all, commits(), &(block(&one) + &id_only(&three)));
        check(&all, everything(), &(block(&one) + &block(&two) + &block(&three)));
        let hidden_first = [two.clone(), commit(3)];
        check(&hidden_first, commits(), &block(&commit(3)));
    }

    #[test]
    fn a_batch_is_cut_where_the_socket_was_full() {
        let frames = [commit(5), artifact(6), commit(7), artifact(8)];
        let (five, seven) = (frames[0].block().len(), frames[2].block().len());
        let batch = Batch::new(&frames, &commits());
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

    #[test]
    fn a_socket_that_is_shared_takes_whole_events() {
        let frames = [commit(5), artifact(6), commit(7), artifact(8)];
        let batch = Batch::new(&frames, &View { rail: Rail::Ws, ..commits() });
        let (five, both) = (batch.text().len() / 2, batch.text().len());
        assert!(batch.text()[..five].ends_with(frames[0].json()) && batch.text().ends_with(frames[2].json()));
        let check = |written, room, must, end, seen| {
            assert_eq!(batch.end_within(written, room, must), end, "{written} of {room}");
            assert_eq!(batch.cut(4, end), Cut { seen, rest: Bytes::new() });
        };
        check(0, 0, false, 0, 4);
        check(0, 0, true, five, 5);
        check(0, five - 1, true, five, 5);
        check(0, five - 1, false, 0, 4);
        check(1, 0, true, five, 5);
        check(five, 0, true, five, 5);
        check(five + 1, 0, true, both, 7);
        check(0, both, true, both, 7);
        check(1, both, true, both, 7);
    }
}
