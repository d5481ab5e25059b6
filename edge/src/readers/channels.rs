//! What a reader asked to see: a set of channels.

use crate::access::Rail;
use subjects::event::Channel;
use subjects::routing::Stream;

/// A set of channels. What belongs to none of them is seen by all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Channels(u8);

/// A word that names no channel of the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not a channel here: ask for some of {}", words(of))]
pub(crate) struct UnknownChannel {
    /// What was asked for.
    pub(crate) word: String,
    /// What can be asked for.
    pub(crate) of: &'static [Channel],
}

/// What can be asked of a canvas on SSE.
const CANVAS_SSE: &[Channel] = &[Channel::Commits, Channel::Artifacts, Channel::Gestures];
/// What can be asked of a canvas on a WebSocket.
const CANVAS_WS: &[Channel] = &[Channel::Commits, Channel::Artifacts, Channel::Gestures, Channel::Presence];
/// What can be asked of a thread on SSE.
const THREAD_SSE: &[Channel] = &[Channel::Messages, Channel::Runs];
/// What can be asked of a thread on a WebSocket.
const THREAD_WS: &[Channel] = &[Channel::Messages, Channel::Runs, Channel::Presence];

impl Channels {
    /// What is seen when nothing is asked for.
    pub(crate) fn default_of(stream: &Stream) -> Self {
        match stream {
            Stream::Canvas(_) => Self::of(&[Channel::Commits, Channel::Artifacts]),
            Stream::Thread(_) => Self::of(&[Channel::Messages, Channel::Runs]),
        }
    }

    /// The set that these words name.
    pub(crate) fn parse<'a>(
        words: impl IntoIterator<Item = &'a str>,
        stream: &Stream,
        rail: Rail,
    ) -> Result<Self, UnknownChannel> {
        let of = match (stream, rail) {
            (Stream::Canvas(_), Rail::Sse) => CANVAS_SSE,
            (Stream::Canvas(_), Rail::Ws) => CANVAS_WS,
            (Stream::Thread(_), Rail::Sse) => THREAD_SSE,
            (Stream::Thread(_), Rail::Ws) => THREAD_WS,
        };
        words.into_iter().try_fold(Channels(0), |set, word| {
            let channel = of.iter().find(|channel| channel.as_str() == word);
            let channel = channel.ok_or_else(|| UnknownChannel { word: word.into(), of })?;
            Ok(Channels(set.0 | bit(*channel)))
        })
    }

    /// These.
    pub(crate) fn of(channels: &[Channel]) -> Self {
        Self(channels.iter().fold(0, |set, channel| set | bit(*channel)))
    }

    /// Whether what `channel` carries is seen.
    pub(crate) fn see(self, channel: Option<Channel>) -> bool {
        channel.is_none_or(|channel| self.0 & bit(channel) != 0)
    }
}

const fn bit(channel: Channel) -> u8 {
    match channel {
        Channel::Commits => 1,
        Channel::Artifacts => 2,
        Channel::Gestures => 4,
        Channel::Messages => 8,
        Channel::Runs => 16,
        Channel::Presence => 32,
    }
}

fn words(channels: &[Channel]) -> String {
    channels.iter().map(|channel| channel.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(text: &str) -> Stream {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(of: &str, rail: Rail, text: &str, seen: Result<&[Channel], &str>) {
        let channels = Channels::parse(text.split(','), &stream(of), rail);
        assert_eq!(channels.map_err(|unknown| unknown.word), seen.map(Channels::of).map_err(String::from), "{text}");
    }

    #[test]
    fn a_list_of_words_is_a_set() {
        use Channel::{Artifacts, Commits, Gestures, Messages, Presence, Runs};
        check("canvas.c", Rail::Sse, "commits", Ok(&[Commits]));
        check("canvas.c", Rail::Sse, "artifacts,gestures", Ok(&[Artifacts, Gestures]));
        check("canvas.c", Rail::Sse, "commits,commits", Ok(&[Commits]));
        check("canvas.c", Rail::Sse, "commits,presence", Err("presence"));
        check("canvas.c", Rail::Ws, "commits,presence", Ok(&[Commits, Presence]));
        check("canvas.c", Rail::Ws, "messages", Err("messages"));
        check("thread.t", Rail::Sse, "messages,runs", Ok(&[Messages, Runs]));
        check("thread.t", Rail::Sse, "presence", Err("presence"));
        check("thread.t", Rail::Ws, "presence", Ok(&[Presence]));
        check("canvas.c", Rail::Sse, "", Err(""));
        check("canvas.c", Rail::Sse, "Commits", Err("Commits"));
    }

    #[test]
    fn what_has_no_channel_is_seen_by_all() {
        assert!(Channels::of(&[]).see(None));
        assert!(!Channels::of(&[]).see(Some(Channel::Commits)));
    }
}
