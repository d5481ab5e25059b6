//! The isolation matrix: by every routing key, on both rails, in every channel, a reader sees what its keys say and nothing
//! else.
//!
//! Nothing of it is picked by hand. There are two tenants with two environments, and in each the same names: two canvases,
//! two threads, each with homes of their own, and two actors ([`places`]). Readers come with each key in each of two values,
//! and for each channel ([`wishes`]). Then everything that can be said is said, everywhere ([`sayings`]); what a reader
//! must see of it follows from the rules of its wish, and it is compared with what comes ([`readers`]).

mod places;
mod readers;
mod sayings;
mod wishes;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use harness::World;
use places::Places;
use readers::{Rail, Reading};

/// Readers that are opened, or read, at once.
const AT_ONCE: usize = 32;

#[tokio::test]
async fn over_sse_a_reader_sees_what_its_keys_say() {
    matrix_of(Rail::Sse).await;
}

#[tokio::test]
async fn over_websockets_a_reader_sees_what_its_keys_say() {
    matrix_of(Rail::Ws).await;
}

async fn matrix_of(rail: Rail) {
    let world = World::shared().await;
    let places = Places::settle(&world).await;
    let sayings = sayings::all(&places);
    let opening =
        wishes::all(&places, rail).into_iter().map(|wishes| Reading::opens(&world, &places, &sayings, wishes));
    let readings: Vec<_> = stream::iter(opening).buffer_unordered(AT_ONCE).collect().await;
    let at = |place: usize| sayings.iter().filter(move |saying| saying.place == place);
    let _present = join_all((0..places.all.len()).map(|place| sayings::say_all(&places, at(place)))).await;
    let reads = readings.into_iter().flatten().map(Reading::sees_its_own_and_nothing_else);
    let count = stream::iter(reads).buffer_unordered(AT_ONCE).count().await;
    assert!(count > 100, "{count} readers are no matrix");
}
