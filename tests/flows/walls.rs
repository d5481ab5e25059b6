//! The walls between the roles: what an edge or a worker may not do, the servers refuse.

use harness::ops::add;
use harness::{World, until};
use subjects::ids::Env;
use subjects::streams;
use subjects::subject::{Subject, shard};

#[tokio::test]
async fn an_edge_may_only_read_the_database() {
    let world = World::shared().await;
    let database = world.database().await;
    let may = "SELECT c.relname, p.privilege FROM pg_class c
        CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p (privilege)
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND has_table_privilege('northstar_edge', c.oid, p.privilege)";
    let rows = database.query(may, &[]).await.expect("an answer");
    let more: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(more, [], "more than reading");
    let is_plain = "SELECT count(*) FROM pg_roles
        WHERE rolname IN ('northstar_edge', 'northstar_worker') AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)";
    let exalted: i64 = database.query_one(is_plain, &[]).await.expect("an answer").get(0);
    assert_eq!(exalted, 0, "roles of ours are plain");
}

#[tokio::test]
async fn nobody_changes_what_happened() {
    let world = World::shared().await;
    let database = world.database().await;
    for privilege in ["UPDATE", "DELETE", "TRUNCATE"] {
        let may = "SELECT has_table_privilege('northstar_worker', 'log', $1)";
        let may: bool = database.query_one(may, &[&privilege]).await.expect("an answer").get(0);
        assert!(!may, "a worker may not {privilege} the log");
    }
}

#[tokio::test]
async fn only_workers_say_what_happened() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let mut reader = canvas.watches(harness::Edge(0)).await;
    let edge = local::connect_bus(&world.access().nats_edge_url, "_INBOX.edge.flows").await.expect("the bus answers");
    let stream = canvas.stream();
    for subject in [
        Subject::Event(stream.clone()),
        Subject::Live(stream.clone()),
        Subject::RegistryChanged(stream.clone()),
        Subject::Dead { worker: "apply".into(), tenant_id: stream.tenant_id.clone(), env: Env::Dev },
    ] {
        edge.publish(subject.to_string(), "{\"forged\":true}".into()).await.expect("it is sent");
    }
    edge.flush().await.expect("it is flushed");
    // Whatever got through would stand before the next commit.
    canvas.commits([add("a")]).await.is_rev(1);
    reader.sees_revs(1..=1).await;
    let bus = world.bus().await;
    let held = streams::events(shard(&stream.tenant_id));
    let filter = Subject::Event(stream).to_string();
    until("the event is held, and nothing else", async || (bus.held(&held, &filter).await == 1).then_some(())).await;
}

#[tokio::test]
async fn an_edge_hears_no_one_elses_answers() {
    let world = World::shared().await;
    let edge = local::connect_bus(&world.access().nats_edge_url, "_INBOX.edge.flows").await.expect("the bus answers");
    let mut inbox = edge.subscribe("_INBOX.worker.>").await.expect("it is asked");
    let mut allowed = edge.subscribe("ctl.flows").await.expect("it is asked");
    let bus = world.bus().await;
    use futures_util::{FutureExt, StreamExt};
    // Nobody says when the server has taken a subscription.
    until("what is allowed comes", async || {
        for subject in ["_INBOX.worker.w1.x", "ctl.flows"] {
            bus.client().publish(subject, "secret".into()).await.expect("it is sent");
        }
        allowed.next().now_or_never().flatten().map(|_| ())
    })
    .await;
    assert!(inbox.next().now_or_never().flatten().is_none(), "what is not allowed does not");
}
