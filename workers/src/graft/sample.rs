//! Which gestures of a session are worth keeping, so that the hands can still be followed. Pure.
//!
//! Gestures are looked at by hand: of one actor, in one sitting, of one kind. The first and the last of a hand are never left
//! out, nor is the order of time changed.
//!
//! - **Caret, selection, token scrub, timeline nudge** say how something stands: of each window of [`WINDOW_MS`] the last is
//!   kept, counted from the beginning of the session.
//! - **Drags** whose payload has numbers `x` and `y` are paths: each stroke (a pause of [`STROKE_PAUSE_MS`] ends it) is
//!   simplified by Ramer-Douglas-Peucker in space and time. The distance of a point is measured from where the straight
//!   way between its neighbours that are kept would be *at its time*, so that a playback that moves evenly from one to the next is never
//!   farther than [`DISTANCE_MAX`] from where the hand was. A stroke of more than [`STROKE_POINTS_MAX`] is cut, because the work grows
//!   with the square of its length. Other drags are kept like the rest.

use serde::Deserialize;
use std::collections::BTreeMap;
use subjects::gesture::GestureKind;
use subjects::graft::Keyframe;

/// Of so many milliseconds one gesture is kept.
pub(crate) const WINDOW_MS: u64 = 250;
/// A drag that rests so long is another stroke.
pub(crate) const STROKE_PAUSE_MS: u64 = 1_000;
/// The most points of a stroke.
pub(crate) const STROKE_POINTS_MAX: usize = 2_000;
/// How far a played back drag may be from the true one, in the payload's units, usually pixels.
pub(crate) const DISTANCE_MAX: f64 = 2.0;

/// Those that are kept. Both in the order of time.
pub(crate) fn sample(gestures: Vec<Keyframe>) -> Vec<Keyframe> {
    let mut hands: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, it) in gestures.iter().enumerate() {
        let hand = (it.actor.actor_id.clone(), it.session_id.clone(), it.gesture_kind);
        hands.entry(hand).or_default().push(index);
    }
    let mut kept = vec![false; gestures.len()];
    for ((_, _, kind), indexes) in hands {
        let hand: Vec<Moment> = indexes.iter().map(|index| Moment::of(*index, &gestures[*index])).collect();
        let keeps = match kind {
            GestureKind::Drag => strokes(&hand).flat_map(simplified).collect(),
            GestureKind::Caret | GestureKind::Selection | GestureKind::TokenScrub | GestureKind::TimelineNudge => {
                last_in_window(&hand)
            }
        };
        for index in keeps.into_iter().chain(indexes.first().copied()).chain(indexes.last().copied()) {
            kept[index] = true;
        }
    }
    gestures.into_iter().zip(kept).filter_map(|(gesture, is_kept)| is_kept.then_some(gesture)).collect()
}

/// A gesture of a hand, as far as it matters here.
#[derive(Debug, Clone, Copy)]
struct Moment {
    index: usize,
    at_ms: u64,
    point: Option<Point>,
}

/// Where a drag is.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Point {
    x: f64,
    y: f64,
}

impl Moment {
    fn of(index: usize, gesture: &Keyframe) -> Self {
        let point = match gesture.gesture_kind {
            GestureKind::Drag => serde_json::from_str(gesture.payload.get()).ok(),
            GestureKind::Caret | GestureKind::Selection | GestureKind::TokenScrub | GestureKind::TimelineNudge => None,
        };
        Self { index, at_ms: gesture.at_ms, point }
    }
}

fn last_in_window(hand: &[Moment]) -> Vec<usize> {
    let window = |moment: &Moment| moment.at_ms / WINDOW_MS;
    let lasts = hand.chunk_by(|a, b| window(a) == window(b)).filter_map(<[Moment]>::last);
    lasts.map(|moment| moment.index).collect()
}

fn strokes(hand: &[Moment]) -> impl Iterator<Item = &[Moment]> {
    let whole = hand.chunk_by(|a, b| b.at_ms.saturating_sub(a.at_ms) < STROKE_PAUSE_MS);
    // Pieces share a point, so that nothing lies between them.
    whole.flat_map(|stroke| {
        (0..stroke.len()).step_by(STROKE_POINTS_MAX).map(|at| &stroke[at..stroke.len().min(at + STROKE_POINTS_MAX + 1)])
    })
}

/// A stroke without what lies on the way; where it is no path, the last of each window, and its ends.
fn simplified(stroke: &[Moment]) -> Vec<usize> {
    let path: Option<Vec<Point>> = stroke.iter().map(|moment| moment.point).collect();
    let Some(path) = path else {
        let ends = [stroke.first(), stroke.last()].into_iter().flatten().map(|moment| moment.index);
        return last_in_window(stroke).into_iter().chain(ends).collect();
    };
    let mut kept = vec![0, stroke.len() - 1];
    // Instead of recursion: a stroke may be long, the stack is not.
    let mut waiting = vec![(0, stroke.len() - 1)];
    while let Some((first, last)) = waiting.pop() {
        let farthest = (first + 1..last)
            .map(|at| (at, distance((stroke, &path), (first, last), at)))
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .filter(|(_, distance)| *distance > DISTANCE_MAX);
        if let Some((at, _)) = farthest {
            kept.push(at);
            waiting.extend([(first, at), (at, last)]);
        }
    }
    kept.into_iter().map(|at| stroke[at].index).collect()
}

/// How far a point is from where an even way from `first` to `last` would be at its time.
fn distance((stroke, path): (&[Moment], &[Point]), (first, last): (usize, usize), at: usize) -> f64 {
    let (from, to) = (path[first], path[last]);
    let whole_ms = stroke[last].at_ms.saturating_sub(stroke[first].at_ms);
    let part_ms = stroke[at].at_ms.saturating_sub(stroke[first].at_ms);
    let share = if whole_ms == 0 { 0.0 } else { part_ms as f64 / whole_ms as f64 };
    let expected = Point { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
    let distance = f64::hypot(path[at].x - expected.x, path[at].y - expected.y);
    // What is no number is farther than any.
    if distance.is_nan() { f64::INFINITY } else { distance }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;
    use subjects::command::Actor;
    use subjects::ids::ActorType;

    fn gesture(actor: &str, kind: GestureKind, at_ms: u64, payload: &str) -> Keyframe {
        let actor = Actor { actor_id: actor.parse().unwrap(), actor_type: ActorType::Human };
        let payload = serde_json::from_str(payload).unwrap();
        Keyframe { at_ms, actor, session_id: None, gesture_kind: kind, payload }
    }

    fn drag(at_ms: u64, x: f64, y: f64) -> Keyframe {
        gesture("u_1", GestureKind::Drag, at_ms, &format!(r#"{{"x":{x},"y":{y}}}"#))
    }

    #[track_caller]
    fn check(gestures: Vec<Keyframe>, expected: &[u64]) {
        let kept: Vec<_> = sample(gestures).iter().map(|it| it.at_ms).collect();
        assert_eq!(kept, expected);
    }

    #[test]
    fn of_a_window_the_last_is_kept() {
        let carets = |times: &[u64]| times.iter().map(|at| gesture("u_1", GestureKind::Caret, *at, "{}")).collect();
        check(carets(&[]), &[]);
        check(carets(&[7]), &[7]);
        check(carets(&[0, 100, 249, 250, 300, 700]), &[0, 249, 300, 700]);
        check(carets(&[10, 20, 30]), &[10, 30]);
    }

    #[test]
    fn a_long_stroke_is_cut_and_stays_whole() {
        let shaking: Vec<_> = (0..20_000).map(|n| drag(n * 10, (n % 2) as f64 * n as f64, 0.0)).collect();
        let kept = sample(shaking.clone());
        assert!(error(&shaking, &kept) <= DISTANCE_MAX + 1e-6);
        let resting: Vec<_> = (0..20_000).map(|n| drag(n * 10, 1.0, 1.0)).collect();
        assert_eq!(sample(resting).len(), 11);
    }

    #[test]
    fn hands_do_not_hide_each_other() {
        let of = |actor, kind| gesture(actor, kind, 5, "{}");
        let gestures =
            vec![of("u_1", GestureKind::Caret), of("u_2", GestureKind::Caret), of("u_1", GestureKind::Selection)];
        assert_eq!(sample(gestures).len(), 3);
    }

    #[test]
    fn what_lies_on_the_way_is_left_out() {
        let even = (0..=20).map(|n| drag(n * 50, n as f64 * 10.0, 0.0)).collect();
        check(even, &[0, 1_000]);
        let corner = vec![drag(0, 0.0, 0.0), drag(100, 50.0, 0.0), drag(200, 100.0, 0.0), drag(400, 100.0, 100.0)];
        check(corner, &[0, 200, 400]);
        // A hand that rests on the way was not where an even way would be.
        let rests = vec![drag(0, 0.0, 0.0), drag(100, 50.0, 0.0), drag(800, 50.0, 0.0), drag(900, 100.0, 0.0)];
        check(rests, &[0, 100, 800, 900]);
        let two_strokes = vec![drag(0, 0.0, 0.0), drag(50, 5.0, 0.0), drag(2_000, 10.0, 0.0), drag(2_050, 15.0, 0.0)];
        check(two_strokes, &[0, 50, 2_000, 2_050]);
        let no_path = |at| gesture("u_1", GestureKind::Drag, at, r#"{"to":"a1"}"#);
        check(vec![no_path(0), no_path(10), no_path(20), no_path(300)], &[0, 20, 300]);
    }

    /// Where an even playback would be at each time, against where the hand was.
    fn error(all: &[Keyframe], kept: &[Keyframe]) -> f64 {
        let point = |it: &Keyframe| serde_json::from_str::<Point>(it.payload.get()).unwrap();
        let mut worst: f64 = 0.0;
        for stroke in all.chunk_by(|a, b| b.at_ms - a.at_ms < STROKE_PAUSE_MS) {
            for it in stroke {
                let before = kept.iter().rev().find(|key| key.at_ms <= it.at_ms).unwrap();
                let after = kept.iter().find(|key| key.at_ms >= it.at_ms).unwrap();
                let (from, to, at) = (point(before), point(after), point(it));
                let whole = after.at_ms - before.at_ms;
                let share = if whole == 0 { 0.0 } else { (it.at_ms - before.at_ms) as f64 / whole as f64 };
                let (x, y) = (from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share);
                worst = worst.max(f64::hypot(at.x - x, at.y - y));
            }
        }
        worst
    }

    proptest! {
        #[test]
        fn a_drag_is_never_far_from_its_playback(steps in proptest::collection::vec((1..1_500u64, -40.0..40.0f64, -40.0..40.0f64), 1..120)) {
            let (mut at_ms, mut x, mut y) = (0, 0.0, 0.0);
            let path: Vec<_> = steps.into_iter().map(|(ms, dx, dy)| {
                (at_ms, x, y) = (at_ms + ms, x + dx, y + dy);
                drag(at_ms, x, y)
            }).collect();
            let kept = sample(path.clone());
            prop_assert_eq!(kept.first().map(|it| it.at_ms), path.first().map(|it| it.at_ms));
            prop_assert_eq!(kept.last().map(|it| it.at_ms), path.last().map(|it| it.at_ms));
            prop_assert!(kept.is_sorted_by_key(|it| it.at_ms));
            prop_assert!(error(&path, &kept) <= DISTANCE_MAX + 1e-6);
        }

        #[test]
        fn each_hand_keeps_its_ends(moments in proptest::collection::vec((0..5_000u64, 0..3usize, 0..5usize), 0..200)) {
            let mut moments = moments;
            moments.sort_unstable();
            let all: Vec<_> = moments.iter().map(|(at, actor, kind)| {
                gesture(&format!("u_{actor}"), GestureKind::ALL[*kind], *at, r#"{"x":1,"y":1}"#)
            }).collect();
            let ends = |gestures: &[Keyframe]| {
                let mut ends: HashMap<_, (u64, u64)> = HashMap::new();
                for it in gestures {
                    let hand = (it.actor.actor_id.to_string(), it.gesture_kind);
                    ends.entry(hand).or_insert((it.at_ms, it.at_ms)).1 = it.at_ms;
                }
                ends
            };
            let kept = sample(all.clone());
            prop_assert_eq!(ends(&kept), ends(&all));
            prop_assert!(kept.is_sorted_by_key(|it| it.at_ms) && kept.len() <= all.len());
        }
    }

    /// Ten minutes, four people, twenty gestures a second each: half drags along a wavy way, half carets.
    #[test]
    fn a_session_of_ten_minutes_becomes_small_and_stays_true() {
        let mut all = Vec::new();
        for n in 0..(10 * 60 * 20_u64) {
            for actor in 0..4_u64 {
                let (at_ms, t) = (n * 50 + actor, n as f64 / 20.0);
                let is_drag = (n / 100 + actor) % 2 == 0;
                let (x, y) = (400.0 + 300.0 * (t / 3.0).sin(), 300.0 + 200.0 * (t / 2.0 + actor as f64).cos());
                let payload = if is_drag {
                    format!(r#"{{"atom_id":"a1","x":{x:.1},"y":{y:.1}}}"#)
                } else {
                    format!(r#"{{"at":{n}}}"#)
                };
                let kind = if is_drag { GestureKind::Drag } else { GestureKind::Caret };
                all.push(gesture(&format!("u_{actor}"), kind, at_ms, &payload));
            }
        }
        let bytes = |gestures: &[Keyframe]| serde_json::to_vec(gestures).unwrap().len();
        let (seen, whole) = (all.len(), bytes(&all));
        let began = std::time::Instant::now();
        let kept = sample(all.clone());
        let each_ns = began.elapsed().as_nanos() / seen as u128;
        let worst = (0..4).map(|actor| {
            let of = |gestures: &[Keyframe]| -> Vec<Keyframe> {
                let id = format!("u_{actor}");
                gestures
                    .iter()
                    .filter(|it| it.actor.actor_id.as_str() == id && it.gesture_kind == GestureKind::Drag)
                    .cloned()
                    .collect()
            };
            error(&of(&all), &of(&kept))
        });
        let worst = worst.fold(0.0, f64::max);
        println!(
            "{seen} gestures, {whole} bytes; kept {}, {} bytes; error {worst:.2}; {each_ns} ns for each",
            kept.len(),
            bytes(&kept)
        );
        assert_eq!(seen, 48_000);
        assert!(kept.len() * 4 < seen, "{}", kept.len());
        assert!(worst <= DISTANCE_MAX + 1e-6, "{worst}");
    }
}
