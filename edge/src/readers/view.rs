//! What one reader sees of a log, and how it is framed for it.

use super::channels::Channels;
use crate::access::Rail;
use serde::Deserialize;
use std::sync::Arc;
use subjects::event::Channel;
use subjects::ids::{ActorId, PanelId, ProjectionId};
use subjects::routing::RoutingKeys;

/// What one reader sees of a log, and how it is framed for it.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// How it travels.
    pub(crate) rail: Rail,
    /// Which kinds of events.
    pub(crate) channels: Channels,
    /// Of those, which.
    pub(crate) filter: Option<Arc<Filter>>,
}

/// Only what happened there, or was done by them. What is not asked for is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// In this projection.
    pub(crate) projection_id: Option<ProjectionId>,
    /// In this panel.
    pub(crate) panel_id: Option<PanelId>,
    /// By this actor.
    pub(crate) actor_id: Option<ActorId>,
}

/// What filters look at: an event's routing.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Keys {
    #[serde(default)]
    projection_id: Option<ProjectionId>,
    #[serde(default)]
    panel_id: Option<PanelId>,
    #[serde(default)]
    actor_id: Option<ActorId>,
}

impl View {
    /// Everything of these channels.
    pub(crate) fn of(rail: Rail, channels: Channels) -> Self {
        Self { rail, channels, filter: None }
    }

    /// Only what `filter` lets through.
    pub(crate) fn only(self, filter: Filter) -> Self {
        let filter = (filter != Filter::default()).then(|| Arc::new(filter));
        Self { filter, ..self }
    }

    /// Whether an event is seen. `keys` is asked only where that depends on its routing.
    pub(crate) fn sees(&self, channel: Option<Channel>, keys: impl FnOnce() -> Keys) -> bool {
        self.channels.see(channel) && self.filter.as_ref().is_none_or(|filter| filter.lets_through(&keys()))
    }

    /// Whether both see the same, and get it framed alike.
    pub(crate) fn sees_the_same_as(&self, other: &View) -> bool {
        (self.rail, self.channels, &self.filter) == (other.rail, other.channels, &other.filter)
    }

    /// Whether anything is seen that comes by the second line: what passes and is kept nowhere.
    pub(crate) fn hears_passing(&self) -> bool {
        [Channel::Gestures, Channel::Runs, Channel::Presence].iter().any(|channel| self.channels.see(Some(*channel)))
    }
}

impl Filter {
    /// What a request's routing keys say. Its actor is who asks, and not whose events are asked for.
    pub(crate) fn stated(keys: &RoutingKeys) -> Self {
        Self { projection_id: keys.projection_id.clone(), panel_id: keys.panel_id.clone(), actor_id: None }
    }

    fn lets_through(&self, keys: &Keys) -> bool {
        is_asked_for(&self.projection_id, &keys.projection_id)
            && is_asked_for(&self.panel_id, &keys.panel_id)
            && is_asked_for(&self.actor_id, &keys.actor_id)
    }
}

fn is_asked_for<T: PartialEq>(asked: &Option<T>, is: &Option<T>) -> bool {
    asked.is_none() || asked == is
}

impl Keys {
    /// The routing of an event in JSON. One that cannot be read has no keys, and is hidden where keys are asked for.
    pub(crate) fn of(event: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Outline {
            routing: Keys,
        }
        serde_json::from_slice::<Outline>(event).map(|outline| outline.routing).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(filter: Filter, is_seen: bool) {
        let view = View::of(Rail::Ws, Channels::of(&[Channel::Commits])).only(filter);
        let event = br#"{"routing":{"tenant_id":"t_a","panel_id":"p1","actor_id":"u1"}}"#;
        assert_eq!(view.sees(Some(Channel::Commits), || Keys::of(event)), is_seen, "{view:?}");
        assert!(!view.sees(Some(Channel::Artifacts), || Keys::of(event)));
    }

    #[test]
    fn a_filter_lets_through_what_has_its_keys() {
        let (p1, p2) = ("p1".parse().ok(), "p2".parse().ok());
        check(Filter::default(), true);
        check(Filter { panel_id: p1.clone(), ..Filter::default() }, true);
        check(Filter { panel_id: p2, ..Filter::default() }, false);
        check(Filter { panel_id: p1.clone(), actor_id: "u1".parse().ok(), ..Filter::default() }, true);
        check(Filter { panel_id: p1, actor_id: "u2".parse().ok(), ..Filter::default() }, false);
        check(Filter { projection_id: "p1".parse().ok(), ..Filter::default() }, false);
    }
}
