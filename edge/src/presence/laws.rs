//! What holds of presence whatever happens: three edges, some sessions, connections that come and break, edges that are
//! killed, and messages that are lost.

use super::living::{BEAT_EVERY, Living};
use super::own::{GAP, Showing};
use super::people::Told;
use super::roster::Roster;
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use subjects::command::Actor;
use subjects::ids::ActorType;
use subjects::presence::{Beat, Change, Gossip, PresenceState, Pulse, Session, State};
use subjects::routing::RoutingKeys;
use uuid::Uuid;

const EDGES: usize = 3;
const STEP: Duration = Duration::from_millis(25);
/// How long it takes until everybody knows everything, when nothing is lost any more.
const QUIET: Duration = Duration::from_secs(20);

/// A moment of the world: which edge, which session, what.
#[derive(Debug, Clone)]
enum Act {
    Show { edge: usize, who: usize, state: u8 },
    Break { edge: usize, who: usize },
    Leave { edge: usize, who: usize },
    Kill { edge: usize },
    Lose { messages: usize },
    Wait { ms: u64 },
}

struct Edge {
    name: Uuid,
    roster: Roster,
    living: Living,
    reader: Reader,
    connections: BTreeMap<usize, u8>,
}

/// What a reader makes of what it is told.
#[derive(Default)]
struct Reader {
    sees: BTreeMap<Session, State>,
    told: Vec<(Instant, PresenceState)>,
}

impl Reader {
    fn hear(&mut self, now: Instant, told: Told) {
        let PresenceState { session, change, state, .. } = told.state.clone();
        let was_there = self.sees.keys().any(|seen| seen.actor == session.actor);
        match state {
            Some(state) => _ = self.sees.insert(session.clone(), state),
            None => assert!(self.sees.remove(&session).is_some(), "{session:?} ends and was not there"),
        }
        let is_there = self.sees.keys().any(|seen| seen.actor == session.actor);
        let expected = match (was_there, is_there) {
            (false, true) => Change::Joined,
            (true, true) => Change::Updated,
            (true, false) => Change::Left,
            (false, false) => unreachable!("asserted above"),
        };
        assert_eq!(change, expected, "{session:?}");
        self.told.push((now, told.state));
    }
}

struct World {
    start: Instant,
    now: Instant,
    runs: u128,
    edges: Vec<Edge>,
    to_lose: usize,
}

impl World {
    fn new() -> Self {
        let now = Instant::now();
        let mut world = Self { start: now, now, runs: 0, edges: Vec::new(), to_lose: 0 };
        for _ in 0..EDGES {
            let edge = world.edge();
            world.edges.push(edge);
        }
        // Until everybody has heard everybody's pulse.
        world.wait(Duration::from_secs(3));
        world
    }

    fn edge(&mut self) -> Edge {
        self.runs += 1;
        let name = Uuid::from_u128(self.runs << 64);
        let mut roster = Roster::new(name);
        roster.attend();
        Edge { name, roster, living: Living::new(name), reader: Reader::default(), connections: BTreeMap::new() }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Show { edge, who, state } => self.show(edge, who, state),
            Act::Break { edge, who } => {
                let now = self.now;
                let edge = &mut self.edges[edge];
                if edge.connections.remove(&who).is_some() {
                    edge.roster.part(now, &session(who));
                }
            }
            Act::Leave { edge, who } => {
                let edge = &mut self.edges[edge];
                if edge.connections.remove(&who).is_some() {
                    edge.roster.leave(&session(who));
                }
            }
            Act::Kill { edge } => self.edges[edge] = self.edge(),
            Act::Lose { messages } => self.to_lose += messages,
            Act::Wait { ms } => self.wait(Duration::from_millis(ms)),
        }
        self.exchange();
    }

    fn show(&mut self, edge: usize, who: usize, state: u8) {
        let json = RawValue::from_string(format!("{{\"n\":{state}}}")).unwrap();
        let (state, seen) = (State::new(json).unwrap(), DateTime::UNIX_EPOCH + (self.now - self.start));
        let showing = Showing { session: session(who), keys: RoutingKeys::default(), state, seen };
        let now = self.now;
        let edge = &mut self.edges[edge];
        match edge.connections.insert(who, showing.state.as_str().as_bytes()[5]) {
            Some(_) => edge.roster.show(now, showing),
            None => edge.roster.enter(now, showing).unwrap(),
        }
    }

    fn wait(&mut self, long: Duration) {
        let end = self.now + long;
        while self.now < end {
            self.now += STEP;
            if (self.now - self.start).as_millis().is_multiple_of(BEAT_EVERY.as_millis()) {
                self.beat();
            }
            let now = self.now;
            for Edge { living, roster, .. } in &mut self.edges {
                living.forget_dead(now);
                roster.keep(|edge| living.is_alive(edge));
            }
            self.exchange();
        }
    }

    fn beat(&mut self) {
        let names: Vec<_> = self.edges.iter().map(|edge| edge.name).collect();
        for edge in &mut self.edges {
            for name in &names {
                edge.living.hear(self.now, Pulse { edge: *name, beat: Beat::Alive });
            }
        }
    }

    /// Everything that is due is told, and heard at once.
    fn exchange(&mut self) {
        let mut says: Vec<Gossip> = Vec::new();
        loop {
            for Edge { roster, reader, living, .. } in &mut self.edges {
                let turn = roster.turn(self.now, living.hearing(self.now));
                turn.tell.into_iter().for_each(|told| reader.hear(self.now, told));
                says.extend(turn.say);
            }
            if says.is_empty() {
                return;
            }
            for gossip in says.drain(..) {
                // What is lost is lost for one hearer.
                for (at, edge) in self.edges.iter_mut().enumerate() {
                    if self.to_lose > 0 && at == self.to_lose % EDGES {
                        self.to_lose -= 1;
                        continue;
                    }
                    if edge.name != gossip.edge {
                        edge.living.meet(self.now, gossip.edge);
                    }
                    edge.roster.hear(self.now, gossip.clone());
                }
            }
        }
    }

    fn is_there(&self) -> BTreeSet<Session> {
        self.edges.iter().flat_map(|edge| edge.connections.keys()).map(|who| session(*who)).collect()
    }

    fn sees(&self, edge: usize) -> BTreeSet<Session> {
        self.edges[edge].reader.sees.keys().cloned().collect()
    }

    /// How often a reader was told this.
    fn told(&self, edge: usize, change: Change) -> usize {
        self.edges[edge].reader.told.iter().filter(|(_, state)| state.change == change).count()
    }
}

/// Six sessions of three actors.
fn session(who: usize) -> Session {
    let actor_type = if who < 4 { ActorType::Human } else { ActorType::Agent };
    let actor = Actor { actor_id: format!("u_{}", who / 2).parse().unwrap(), actor_type };
    Session { actor, session_id: format!("s_{who}").parse().unwrap() }
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let edge = 0..EDGES;
    let who = 0..6usize;
    let act = prop_oneof![
        6 => (edge.clone(), who.clone(), 0..9u8).prop_map(|(edge, who, state)| Act::Show { edge, who, state }),
        3 => (edge.clone(), who.clone()).prop_map(|(edge, who)| Act::Break { edge, who }),
        2 => (edge.clone(), who).prop_map(|(edge, who)| Act::Leave { edge, who }),
        1 => edge.prop_map(|edge| Act::Kill { edge }),
        2 => (1..5usize).prop_map(|messages| Act::Lose { messages }),
        4 => (0..7_000u64).prop_map(|ms| Act::Wait { ms }),
    ];
    prop::collection::vec(act, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// What readers were told, in order, makes sense at each moment, and in the end it is what is.
    #[test]
    fn everybody_sees_who_is_there(acts in acts()) {
        let mut world = World::new();
        for act in acts {
            world.act(act);
        }
        world.to_lose = 0;
        world.wait(QUIET);
        for edge in 0..EDGES {
            prop_assert_eq!(world.sees(edge), world.is_there());
            let mut newcomer = Reader::default();
            for told in world.edges[edge].roster.here() {
                newcomer.hear(world.now, told);
            }
            prop_assert_eq!(&newcomer.sees, &world.edges[edge].reader.sees);
        }
        // What a session shows through one connection is what everybody sees; through two, one of both.
        for who in 0..6 {
            let shown: BTreeSet<_> = world.edges.iter().filter_map(|edge| edge.connections.get(&who)).collect();
            for edge in world.edges.iter().filter(|_| !shown.is_empty()) {
                prop_assert!(shown.contains(&edge.reader.sees[&session(who)].as_str().as_bytes()[5]));
            }
        }
    }

    /// However fast somebody moves, readers are told 20 times a second; and the last of it arrives.
    #[test]
    fn updates_are_conflated(gaps_ms in prop::collection::vec(0..40u64, 20..200), tabs in 1..=2usize) {
        let mut world = World::new();
        (0..tabs).for_each(|who| world.act(Act::Show { edge: who, who, state: 0 }));
        world.wait(Duration::from_secs(1));
        let begun = world.now;
        for (n, ms) in gaps_ms.into_iter().enumerate() {
            world.act(Act::Show { edge: n % tabs, who: n % tabs, state: (n % 9) as u8 });
            world.act(Act::Wait { ms });
        }
        let took = world.now - begun;
        let updates = |world: &World| world.edges[2].reader.told.iter().filter(|(at, _)| *at > begun).count();
        prop_assert!(updates(&world) as u128 <= took.as_millis() / GAP.as_millis() + 1, "{} in {took:?}", updates(&world));
        world.wait(Duration::from_secs(1));
        for who in 0..tabs {
            let shown = world.edges[who].connections[&who];
            prop_assert_eq!(world.edges[2].reader.sees[&session(who)].as_str().as_bytes()[5], shown);
        }
    }
}

/// What a reader at the third edge is told, after somebody showed a session at the first.
#[track_caller]
fn check(acts: &[Act], joined: usize, left: usize) {
    let mut world = World::new();
    world.act(Act::Show { edge: 0, who: 0, state: 0 });
    acts.iter().cloned().for_each(|act| world.act(act));
    let told = (world.told(2, Change::Joined), world.told(2, Change::Left));
    assert_eq!(told, (joined, left), "{acts:?}");
}

#[test]
fn who_comes_back_in_time_was_never_away() {
    use Act::{Break, Kill, Leave, Lose, Show, Wait};
    let wait = |ms| Wait { ms };
    let (breaks, shows) = (Break { edge: 0, who: 0 }, |edge, who| Show { edge, who, state: 1 });
    let kills = Kill { edge: 0 };
    check(&[wait(60_000)], 1, 0);
    check(&[breaks.clone(), wait(4_800)], 1, 0);
    check(&[breaks.clone(), wait(5_200)], 1, 1);
    check(&[Leave { edge: 0, who: 0 }, wait(100)], 1, 1);
    for edge in 0..2 {
        check(&[breaks.clone(), wait(4_800), shows(edge, 0), wait(30_000)], 1, 0);
        // With another session: a tab that was reloaded.
        check(&[breaks.clone(), wait(4_800), shows(edge, 1), wait(30_000)], 1, 0);
        check(&[breaks.clone(), wait(5_200), shows(edge, 0), wait(30_000)], 2, 1);
        // Through another edge, or the one that takes the killed one's place.
        check(&[wait(1_900), kills.clone(), wait(4_900), shows(edge, 0), wait(30_000)], 1, 0);
        check(&[kills.clone(), wait(4_900), shows(edge, 1), wait(30_000)], 1, 0);
    }
    check(&[kills.clone(), wait(8_100)], 1, 1);
    check(&[Lose { messages: 9 }, kills, wait(10_000)], 1, 1);
    // Two tabs are one person: gone with the last one.
    check(&[shows(1, 1), wait(100), breaks.clone(), wait(30_000)], 1, 0);
    check(&[shows(1, 1), wait(100), breaks, Break { edge: 1, who: 1 }, wait(30_000)], 1, 1);
    // One session through two connections.
    check(&[shows(1, 0), wait(100), Leave { edge: 0, who: 0 }, wait(30_000)], 1, 0);
}
