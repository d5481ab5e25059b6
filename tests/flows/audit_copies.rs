//! Copies of the log, verified by outsiders with `northstar-audit`: what is changed afterwards is found.

use audit::Checkpoint;
use harness::{Ended, Person, World, until};
use std::path::Path;
use tempfile::TempDir;
use tokio_postgres::Client;

const HOLDS: Option<i32> = Some(0);
const TAMPERED: Option<i32> = Some(1);
const OF_NO_USE: Option<i32> = Some(2);

/// Someone of whose tenant so much is known.
async fn someone(world: &World, events: i64) -> Person {
    let ann = world.signs_up().await;
    world.happens(&ann, "flow.copied", events).await;
    ann.sees_happened("flow.copied", usize::try_from(events).expect("a count")).await;
    ann
}

/// Copies the log from where the edge publishes it, and verifies it whole.
async fn mirrors(world: &World, ann: &Person, folder: &Path) -> Ended {
    let address = ann.log_address(&folder.join("token"));
    let log = folder.join("log");
    let args = ["verify", log.to_str().expect("a path")].into_iter().chain(address.iter().map(String::as_str));
    world.runs_audit(&args.collect::<Vec<_>>()).await
}

/// Lets the owner of the database do what its triggers forbid.
async fn unfenced(world: &World) -> Client {
    let database = world.database().await;
    database.batch_execute("SET session_replication_role = replica").await.expect("a superuser");
    database
}

#[tokio::test]
async fn the_copy_in_the_bucket_is_verified_whole() {
    let world = World::of_objects().await;
    let ann = someone(&world, 700).await;
    let keys = world.audit_keys().await;
    let size = ann.checkpoint(&keys).await.size;
    let folder = TempDir::new().expect("a folder");
    let checkpoint = format!("tenants/{}/dev/audit/checkpoint", ann.tenant_id);
    until("the copy is whole", async || {
        let is_there = world.objects(&checkpoint).await.contains(&checkpoint);
        let note = if is_there { world.object(&checkpoint).await } else { return None };
        (Checkpoint::open(&note, &keys).expect("a signed checkpoint").size >= size).then_some(())
    })
    .await;
    world.copies_the_log(&ann, folder.path()).await;
    let log = folder.path().to_str().expect("a path");
    let ended = world.runs_audit(&["verify", log]).await;
    assert_eq!(ended.exit_code, HOLDS, "{ended:?}");
    std::fs::write(folder.path().join("tile/entries/001"), "x").expect("a file");
    let ended = world.runs_audit(&["verify", log]).await;
    assert_eq!(ended.exit_code, TAMPERED, "{ended:?}");
    assert!(ended.stderr.iter().any(|line| line.contains("first bad record: 256")), "{ended:?}");
}

#[tokio::test]
async fn a_row_that_the_owner_of_the_database_changed_is_found() {
    let world = World::shared().await;
    let ann = someone(&world, 300).await;
    let before = TempDir::new().expect("a folder");
    let ended = mirrors(&world, &ann, before.path()).await;
    assert_eq!(ended.exit_code, HOLDS, "{ended:?}");
    let event = &ann.what_happened(Some("flow.copied")).await[270];
    let change = "UPDATE dataset_events SET actor_id = 'u_innocent' WHERE tenant_id = $1 AND env = 'dev' AND event_id = $2::text::uuid";
    let event_id = event["event_id"].as_str().expect("an id");
    let changed = unfenced(&world).await.execute(change, &[&ann.tenant_id.as_str(), &event_id]).await;
    assert_eq!(changed.expect("it is changed"), 1);
    let after = TempDir::new().expect("a folder");
    let ended = mirrors(&world, &ann, after.path()).await;
    assert_eq!(ended.exit_code, TAMPERED, "{ended:?}");
    let place = format!("first bad record: {}", event["seq"]);
    assert!(ended.stderr.iter().any(|line| line.contains(&place)), "{place}: {ended:?}");
}

#[tokio::test]
async fn an_erased_payload_leaves_the_log_whole() {
    let world = World::shared().await;
    let ann = someone(&world, 10).await;
    let keys = world.audit_keys().await;
    let event = &ann.what_happened(Some("flow.copied")).await[3];
    let event_id = event["event_id"].as_str().expect("an id");
    let erase =
        "UPDATE dataset_events SET payload = NULL, salt = NULL WHERE tenant_id = $1 AND event_id = $2::text::uuid";
    unfenced(&world).await.execute(erase, &[&ann.tenant_id.as_str(), &event_id]).await.expect("it is erased");
    let erased = &ann.what_happened(Some("flow.copied")).await[3];
    assert!(erased["payload"].is_null() && erased["salt"].is_null(), "{erased}");
    assert_eq!(erased["payload_commitment"], event["payload_commitment"]);
    let (leaf, _) = ann.proves(event_id, &keys).await;
    assert_eq!(event["payload_commitment"], leaf.payload_commitment.as_str());
    let folder = TempDir::new().expect("a folder");
    let ended = mirrors(&world, &ann, folder.path()).await;
    assert_eq!(ended.exit_code, HOLDS, "{ended:?}");
}

#[tokio::test]
async fn a_watcher_finds_what_is_rewritten() {
    let world = World::shared().await;
    let (ann, eve) = (someone(&world, 40).await, someone(&world, 50).await);
    let folder = TempDir::new().expect("a folder");
    let state = folder.path().join("state");
    let state = state.to_str().expect("a path");
    let looks = async |person: &Person| {
        let address = person.log_address(&folder.path().join("token"));
        let args = ["watch", "--once", "--state", state].into_iter().chain(address.iter().map(String::as_str));
        world.runs_audit(&args.collect::<Vec<_>>()).await
    };
    assert_eq!(looks(&ann).await.exit_code, HOLDS);
    let read = "SELECT size, root, note FROM audit_heads WHERE tenant_id = $1 AND env = 'dev'";
    let database = unfenced(&world).await;
    let tenant_id = ann.tenant_id.as_str();
    let head = async || {
        let row = database.query_one(read, &[&tenant_id]).await.expect("a head");
        (row.get::<_, i64>(0), row.get::<_, Vec<u8>>(1), row.get::<_, String>(2))
    };
    let old = head().await;
    world.happens(&ann, "flow.later", 900).await;
    ann.sees_happened("flow.later", 900).await;
    let ended = looks(&ann).await;
    assert_eq!(ended.exit_code, HOLDS, "it goes on where it ended: {ended:?}");
    let new = head().await;
    let put = "UPDATE audit_heads SET size = $2, root = $3, note = $4 WHERE tenant_id = $1 AND env = 'dev'";
    database.execute(put, &[&tenant_id, &old.0, &old.1, &old.2]).await.expect("it is rolled back");
    let ended = looks(&ann).await;
    database.execute(put, &[&tenant_id, &new.0, &new.1, &new.2]).await.expect("it is as it was");
    assert_eq!(ended.exit_code, TAMPERED, "{ended:?}");
    assert!(ended.stderr.iter().any(|line| line.contains("rolled back")), "{ended:?}");
    assert_eq!(looks(&eve).await.exit_code, TAMPERED, "the log of another is another");
    assert_eq!(looks(&ann).await.exit_code, HOLDS);
    let ended = looks(&ann.with_token("nonsense")).await;
    assert_eq!(ended.exit_code, OF_NO_USE, "{ended:?}");
}

#[tokio::test]
async fn nobody_rewrites_the_log_in_the_database() {
    let world = World::shared().await;
    let ann = someone(&world, 3).await;
    let access = world.access();
    let refuses = async |url: &str, sql: &str| {
        let (client, connection) =
            tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("the database answers");
        tokio::spawn(connection);
        client.batch_execute(&format!("SET northstar.tenant = '{}'", ann.tenant_id)).await.expect("a scope");
        let sql = sql.replace("{own}", &format!("tenant_id = '{}'", ann.tenant_id));
        let refused = client.batch_execute(&sql).await.expect_err(&sql);
        let code = refused.code().expect("the database says no").code().to_owned();
        assert!(["42501", "P0001", "25006"].contains(&code.as_str()), "{sql}: {refused:?}");
    };
    let (owner, worker, edge) = (&access.postgres_admin_url, &access.postgres_worker_url, &access.postgres_edge_url);
    for sql in [
        "UPDATE dataset_events SET actor_id = 'x' WHERE {own}",
        "DELETE FROM dataset_events WHERE {own}",
        "TRUNCATE dataset_events",
        "UPDATE audit_entries SET seq = seq + 1000 WHERE {own}",
        "DELETE FROM audit_entries WHERE {own}",
        "TRUNCATE audit_entries",
        "DELETE FROM audit_tiles WHERE {own}",
        "UPDATE audit_tiles SET hashes = decode(repeat('00', 8192), 'hex') WHERE {own}",
        "UPDATE audit_tiles SET hashes = substring(hashes FOR 32) WHERE {own}",
        "DELETE FROM audit_heads WHERE {own}",
        "UPDATE audit_heads SET size = size - 1 WHERE {own}",
        "UPDATE audit_heads SET note = '' WHERE {own}",
    ] {
        for url in [owner, worker, edge] {
            refuses(url, sql).await;
        }
    }
    for sql in [
        "INSERT INTO dataset_events SELECT * FROM dataset_events WHERE {own}",
        "INSERT INTO audit_entries SELECT * FROM audit_entries WHERE {own}",
        "INSERT INTO audit_queue (tenant_id, env, event_id) VALUES ('t', 'dev', gen_random_uuid())",
        "DELETE FROM audit_queue",
    ] {
        refuses(edge, sql).await;
    }
}
