//! A long history: snapshots every 256 revs, and everything read as if there were none.

use harness::ops::set;
use harness::{Commit, Edge, Replica, World, until};
use subjects::storage_key::StorageKey;

#[tokio::test]
async fn a_long_history_is_read_from_snapshots() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    canvas.makes_revs(260).await;
    let key = StorageKey::snapshot(&ann.tenant_id, ann.env, &canvas.id.parse().expect("an id"), 256);
    until("the snapshot is stored", async || world.kept(&ann.tenant_id).await.contains(&key.to_string()).then_some(()))
        .await;
    assert_eq!(world.kept(&ann.tenant_id).await, [key.to_string()], "one for 260 revs");

    let history = canvas.history().await;
    let mut replica = Replica::empty();
    for Commit { rev, ops, state_hash, .. } in &history {
        replica.follows(ops, *rev, state_hash);
        if [1, 100, 255, 256, 257, 260].contains(rev) {
            let document = canvas.at(Edge(*rev as usize % 2)).reads_rev(*rev).await;
            assert_eq!(document.atoms, replica.atoms(), "rev {rev}");
        }
    }
    canvas.commits([set("atom-1", "text", "after the snapshot")]).await.is_rev(261);
    assert_eq!(canvas.at(Edge(1)).reads().await.head_rev, 261);

    let mut reader = canvas.watch(Edge(1)).cursor("0").opens().await;
    reader.sees_revs(1..=261).await;
}
