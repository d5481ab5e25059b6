//! What readers ask for, and by which rules they see what they see.

use super::places::{ENVS, Place, Places, VALUES, is_canvas, is_thread};
use super::readers::Rail;
use super::sayings::Saying;
use std::collections::BTreeSet;
use subjects::code::Code;
use subjects::event::Channel;
use subjects::routing::{KEYS, Stream};

/// What a reader asks for at a place.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    /// Where, by its number.
    pub(crate) place: usize,
    /// On which rail.
    pub(crate) rail: Rail,
    /// Only this; none is what one sees unasked.
    pub(crate) channel: Option<Channel>,
    /// What it says beside.
    pub(crate) says: Says,
}

/// What a reader says beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// Nothing.
    Nothing,
    /// A routing key, in its header, with the value of this number.
    States {
        /// The key.
        key: &'static str,
        /// Its header.
        header: &'static str,
        /// Which value.
        value: usize,
    },
    /// A filter of a subscription, with the value of this number.
    Asks {
        /// The key.
        key: &'static str,
        /// Which value.
        value: usize,
    },
}

/// What a subscription can ask for by itself.
const FILTERS: [&str; 3] = ["projection_id", "panel_id", "actor_id"];

/// A key and the number of the value that is let through.
type Filter = Option<(&'static str, usize)>;

/// Every wish on a rail: those that one connection carries stand together.
pub(crate) fn all(places: &Places, rail: Rail) -> Vec<Vec<Wish>> {
    let of_place = |place: usize, (channel, says)| Wish { place, rail, channel, says };
    let all = (0..places.all.len()).collect::<Vec<_>>();
    let together: Vec<Vec<usize>> = match rail {
        Rail::Sse => all.into_iter().map(|place| vec![place]).collect(),
        Rail::Ws => {
            let at = |corner: usize| all.iter().copied().filter(move |place| places.all[*place].corner == corner);
            (0..places.corners.len()).map(|corner| at(corner).collect()).collect()
        }
    };
    let says = asked_for(rail);
    let wishes = |group: Vec<usize>| {
        says.iter().map(move |said| group.iter().map(|place| of_place(*place, *said)).collect()).collect::<Vec<_>>()
    };
    together.into_iter().flat_map(wishes).collect()
}

/// Every key with either value where nothing is asked for; and every channel by itself, with every filter.
fn asked_for(rail: Rail) -> Vec<(Option<Channel>, Says)> {
    let stated = KEYS.iter().flat_map(|(key, header)| [0, 1].map(|value| Says::States { key, header, value }));
    let stated: Vec<_> = stated.collect();
    let filters = FILTERS.iter().flat_map(|key| [0, 1].map(|value| Says::Asks { key, value }));
    let filters: Vec<_> = if rail == Rail::Ws { filters.collect() } else { Vec::new() };
    let is_filter = |says: &Says| matches!(says, Says::States { key: "projection_id" | "panel_id", .. });
    let unasked = [Says::Nothing].into_iter().chain(stated.iter().copied()).chain(filters.iter().copied());
    let unasked = unasked.map(|says| (None, says));
    let by_channel = Channel::ALL.iter().flat_map(|channel| {
        let stated = stated.iter().copied().filter(is_filter);
        let says = [Says::Nothing].into_iter().chain(stated).chain(filters.iter().copied());
        says.map(|says| (Some(*channel), says)).collect::<Vec<_>>()
    });
    unasked.chain(by_channel).collect()
}

/// The channels of a rail.
fn can_be_asked_for(channel: Channel, stream: &Stream, rail: Rail) -> bool {
    match (channel, stream) {
        (Channel::Commits | Channel::Artifacts | Channel::Gestures, Stream::Canvas(_)) => true,
        (Channel::Messages | Channel::Runs, Stream::Thread(_)) => true,
        (Channel::Presence, Stream::Canvas(_) | Stream::Thread(_)) => rail == Rail::Ws,
        (Channel::Commits | Channel::Artifacts | Channel::Gestures, Stream::Thread(_))
        | (Channel::Messages | Channel::Runs, Stream::Canvas(_)) => false,
    }
}

/// What is seen unasked.
fn is_seen_unasked(channel: Channel) -> bool {
    match channel {
        Channel::Commits | Channel::Artifacts | Channel::Messages | Channel::Runs => true,
        Channel::Gestures | Channel::Presence => false,
    }
}

impl Wish {
    /// The text of the value that is said.
    pub(crate) fn text(&self, places: &Places) -> String {
        let place = &places.all[self.place];
        let (key, value) = match self.says {
            Says::Nothing => return String::new(),
            Says::States { key, value, .. } | Says::Asks { key, value } => (key, value),
        };
        match key {
            "tenant_id" => places.corners[value * ENVS.len()].actors[0].tenant_id.to_string(),
            "env" => ENVS[value].to_string(),
            "actor_id" => places.corner(place).actors[value].user_id.clone(),
            "actor_type" => ["human", "agent"][value].to_owned(),
            _ => VALUES[value].to_owned(),
        }
    }

    /// The marks of what is to be seen, or why nothing is.
    pub(crate) fn sees(&self, places: &Places, sayings: &[Saying]) -> Result<BTreeSet<String>, Code> {
        let (place, filter) = self.admitted(places)?;
        if self.channel.is_some_and(|channel| !can_be_asked_for(channel, &places.all[place].stream, self.rail)) {
            return Err(match self.rail {
                Rail::Sse => Code::QueryInvalid,
                Rail::Ws => Code::BodyInvalid,
            });
        }
        let is_seen = |saying: &&Saying| {
            saying.place == place
                && self.channel.map_or_else(|| is_seen_unasked(saying.channel), |channel| channel == saying.channel)
                && filter.is_none_or(|(key, value)| saying.value(key) == value)
        };
        Ok(sayings.iter().filter(is_seen).map(Saying::mark).collect())
    }

    /// The place that it comes to, or why to none.
    pub(crate) fn comes_to(&self, places: &Places) -> Result<usize, Code> {
        self.admitted(places).map(|(place, _)| place)
    }

    /// Where it comes to, and what it lets through.
    fn admitted(&self, places: &Places) -> Result<(usize, Filter), Code> {
        let place = &places.all[self.place];
        let only = |holds: bool, otherwise| if holds { Ok((self.place, None)) } else { Err(otherwise) };
        match self.says {
            Says::Nothing => Ok((self.place, None)),
            Says::Asks { key, value } => Ok((self.place, Some((key, value)))),
            Says::States { key, value, .. } => match key {
                "tenant_id" => only(value == place.tenant(), Code::NotAMember),
                "env" => Ok((places.namesake(place, value), None)),
                "workspace_id" | "project_id" | "app_id" | "surface_id" => {
                    only(value == place.value, Code::ContextMismatch)
                }
                "canvas_id" => only(self.may_name(place, value, is_canvas), Code::ContextMismatch),
                "thread_id" => only(self.may_name(place, value, is_thread), Code::ContextMismatch),
                "projection_id" | "panel_id" => Ok((self.place, Some((key, value)))),
                "actor_id" | "actor_type" => only(value == 0, Code::ContextMismatch),
                "session_id" | "device_id" => Ok((self.place, None)),
                _ => panic!("by which rule does one see who states {key}?"),
            },
        }
    }

    /// What names the place itself must name it where the path does, too. On a socket each frame names its own; and what
    /// is of another kind is only mentioned.
    fn may_name(&self, place: &Place, value: usize, is_of_kind: fn(&Stream) -> bool) -> bool {
        self.rail == Rail::Ws || !is_of_kind(&place.stream) || value == place.value
    }
}
