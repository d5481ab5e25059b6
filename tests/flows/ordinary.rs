//! An ordinary day: nothing breaks, so nothing is lost, late or asked twice.

use harness::{Crowd, World};
use std::time::Duration;

#[tokio::test]
async fn an_ordinary_run_loses_nothing_and_times_out_nothing() {
    let world = World::shared().await;
    let crowd = Crowd::gathers(&world, 4, 2).await;
    let tally = crowd.works(Duration::from_secs(5)).ends().await;
    assert_eq!((tally.unanswered, tally.resumed), (0, 0), "{tally:?}");
    assert!(tally.acked > 100, "{tally:?}");
}
