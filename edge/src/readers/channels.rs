//! What a reader asked to see: a set of channels.

use subjects::event::Channel;

/// A set of channels. What belongs to none of them is seen by all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Channels(u8);

/// A word that names no channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a channel: ask for commits, artifacts or gestures, separated by commas")]
pub(crate) struct UnknownChannel(pub String);

impl Channels {
    /// How many sets there are: one more than the largest [`Channels::index`].
    pub(crate) const SETS: usize = 8;
    /// What is seen when nothing is asked for.
    pub(crate) const DEFAULT: Channels = Channels(bit(Channel::Commits) | bit(Channel::Artifacts));

    /// The set that `?channels=` names.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, UnknownChannel> {
        let Some(text) = text else {
            return Ok(Self::DEFAULT);
        };
        let words = text.split(',').map(str::trim);
        words.into_iter().try_fold(Channels(0), |set, word| Ok(Channels(set.0 | bit(channel(word)?))))
    }

    /// Whether what `channel` carries is seen.
    pub(crate) fn see(self, channel: Option<Channel>) -> bool {
        channel.is_none_or(|channel| self.0 & bit(channel) != 0)
    }

    /// A number of its own for each set.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

const fn bit(channel: Channel) -> u8 {
    match channel {
        Channel::Commits => 1,
        Channel::Artifacts => 2,
        Channel::Gestures => 4,
    }
}

fn channel(word: &str) -> Result<Channel, UnknownChannel> {
    match word {
        "commits" => Ok(Channel::Commits),
        "artifacts" => Ok(Channel::Artifacts),
        "gestures" => Ok(Channel::Gestures),
        _ => Err(UnknownChannel(word.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: Option<&str>, seen: Result<[bool; 3], &str>) {
        let channels = Channels::parse(text);
        let all = [Channel::Commits, Channel::Artifacts, Channel::Gestures];
        let sees = channels.map(|set| all.map(|channel| set.see(Some(channel))));
        assert_eq!(sees, seen.map_err(|word| UnknownChannel(word.into())));
    }

    #[test]
    fn a_list_of_words_is_a_set() {
        check(None, Ok([true, true, false]));
        check(Some("commits"), Ok([true, false, false]));
        check(Some("artifacts, gestures"), Ok([false, true, true]));
        check(Some("commits,commits"), Ok([true, false, false]));
        check(Some("commits,presence"), Err("presence"));
        check(Some(""), Err(""));
        check(Some("Commits"), Err("Commits"));
    }

    #[test]
    fn what_has_no_channel_is_seen_by_all() {
        assert!(Channels::parse(Some("gestures")).unwrap().see(None));
    }
}
