//! Uploads where something is broken, late or refused: no object is ready without its bytes, and none waits for ever.

use harness::{Fault, FaultyWay, Person, World, promise, until};
use local::Service;
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};
use subjects::code::Code;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Larger than what an answer brings before it breaks off.
fn content(seed: u8) -> Vec<u8> {
    (0..300_000_u32).map(|at| (at % 249) as u8 ^ seed).collect()
}

async fn is_ready(person: &Person, asset_id: &str) -> Value {
    until(format!("{asset_id} is ready"), async || {
        let raw = person.raw(asset_id).await;
        (raw["status"] == "ready").then_some(raw)
    })
    .await
}

#[tokio::test]
async fn a_broken_object_store_delays_registrations_and_loses_none() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_ANSWER_WAIT_MS", 400)).await;
    let stack = world.stack();
    let way = FaultyWay::to(&world.access().s3_endpoint).await;
    for worker in [0, 1] {
        let env = [("NORTHSTAR_S3_ENDPOINT", way.url.as_str())];
        stack.restart_with_env(Service::Worker(worker), &env).await.expect("it starts");
    }
    let ann = world.signs_up().await;
    let mut seed = 0;
    for fault in [Fault::Unavailable, Fault::BreaksOff(100_000), Fault::Silent] {
        seed += 1;
        let bytes = content(seed);
        let good = ann.presigns(&bytes, "good.bin", "application/octet-stream").await;
        assert_eq!(good.brings(&bytes).await, 200);
        // Bytes that are not those that were promised, past S3's own check.
        let bad = ann.presigns(&content(seed + 100), "bad.bin", "application/octet-stream").await;
        let key = format!("tenants/{}/dev/raw/{}/bad.bin", ann.tenant_id, bad.object_id);
        world.plants(&key, &content(seed + 150), "application/octet-stream").await;
        way.has(fault);
        for upload in [&good, &bad] {
            let reply = ann.registers_raw(&upload.object_id).await.is(202).json();
            assert_eq!(reply["status"], "pending", "{fault:?}: {reply}");
            assert_eq!(ann.raw(&upload.object_id).await["status"], "pending", "{fault:?}");
        }
        way.has(Fault::None);
        let ready = is_ready(&ann, &good.object_id).await;
        let fetched = ann.downloads(&ready).await.is(200);
        assert_eq!(hex::encode(Sha256::digest(&fetched.body)), ready["sha256"].as_str().expect("a sum"), "{fault:?}");
        world.bus().await.has_nothing_pending(&ann.tenant_id).await;
        assert_eq!(ann.raw(&bad.object_id).await["status"], "pending", "{fault:?}: nothing proved it");
        ann.registers_raw(&bad.object_id).await.refuses(409, Code::UploadMissing);
    }
}

#[tokio::test]
async fn registrations_wait_for_an_object_store_that_is_gone() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_ANSWER_WAIT_MS", 400)).await;
    let (stack, ann) = (world.stack(), world.signs_up().await);
    let mut waiting = Vec::new();
    for seed in 0..10 {
        let upload = ann.presigns(&content(seed), "file.bin", "application/octet-stream").await;
        assert_eq!(upload.brings(&content(seed)).await, 200);
        waiting.push(upload.object_id);
    }
    stack.kill(Service::S3).expect("it is killed");
    for asset_id in &waiting {
        assert_eq!(ann.registers_raw(asset_id).await.is(202).json()["status"], "pending");
    }
    // What needs no bytes goes on.
    let later = ann.asks_to_presign(&promise(b"later", "later.txt", "text/plain")).await;
    assert!([201, 503].contains(&later.status), "{}", later.text());
    stack.start_service(Service::S3).await.expect("it starts");
    for asset_id in &waiting {
        is_ready(&ann, asset_id).await;
    }
}

#[tokio::test]
async fn what_does_not_come_in_time_expires_and_is_swept() {
    let world = World::private(|config| config.worker_env("NORTHSTAR_UPLOADS_KEEP_SECS", 2)).await;
    let ann = world.signs_up().await;
    let kept = ann.presigns(b"kept", "kept.txt", "text/plain").await;
    assert_eq!(kept.brings(b"kept").await, 200);
    ann.registers_raw(&kept.object_id).await.is(200);
    let late = ann.presigns(b"late", "late.txt", "text/plain").await;
    assert_eq!(late.brings(b"late").await, 200);
    let large = Value::from(65_u64 * 1024 * 1024);
    let mut film = promise(b"film", "film.bin", "application/octet-stream");
    film["size"] = large;
    let film = ann.asks_to_presign(&film).await.is(201).json();
    let film = film["asset_id"].as_str().expect("an id");
    until("both expire", async || {
        let expired = async |id: &str| ann.raw(id).await["status"] == "expired";
        (expired(&late.object_id).await && expired(film).await).then_some(())
    })
    .await;
    ann.registers_raw(&late.object_id).await.refuses(410, Code::UploadExpired);
    assert_eq!(ann.raw(&late.object_id).await["upload"], Value::Null);
    until("its bytes are gone", async || (world.kept(&ann.tenant_id).await.len() == 1).then_some(())).await;
    let database = world.database().await;
    until("nothing is left to be swept", async || {
        let count = "SELECT count(*) FROM objects WHERE status <> 'pending' AND swept_at IS NULL";
        let left: i64 = database.query_one(count, &[]).await.expect("an answer").get(0);
        (left == 0).then_some(())
    })
    .await;
    assert_eq!(ann.downloads(&ann.raw(&kept.object_id).await).await.is(200).body.as_ref(), b"kept");
}

#[tokio::test]
async fn a_scanner_is_asked_before_anything_is_ready() {
    let scanner = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/scan", scanner.local_addr().expect("an address"));
    let world = World::private(|config| {
        config.worker_env("NORTHSTAR_SCAN_URL", &url).edge_env("NORTHSTAR_ANSWER_WAIT_MS", 400)
    })
    .await;
    let ann = world.signs_up().await;
    let waits = ann.presigns(b"clean", "clean.txt", "text/plain").await;
    assert_eq!(waits.brings(b"clean").await, 200);
    // It listens, and says nothing.
    ann.registers_raw(&waits.object_id).await.is(202);
    assert_eq!(ann.raw(&waits.object_id).await["status"], "pending");
    let scanning = tokio::spawn(scans(scanner));
    is_ready(&ann, &waits.object_id).await;
    let virus = ann.presigns(b"EICAR", "virus.txt", "text/plain").await;
    assert_eq!(virus.brings(b"EICAR").await, 200);
    until("it is refused", async || {
        let reply = ann.registers_raw(&virus.object_id).await;
        (reply.status != 202).then_some(reply)
    })
    .await
    .refuses(422, Code::ScanRefused);
    assert_eq!(ann.raw(&virus.object_id).await["status"], "refused");
    let below = format!("tenants/{}/dev/raw/{}/", ann.tenant_id, virus.object_id);
    assert_eq!(world.objects(&below).await, [""; 0], "its bytes are deleted");
    ann.asks(Method::GET, format!("/nexus/raw-storage/{}", virus.object_id)).sends().await.is(200);
    scanning.abort();
}

/// Fetches what it is asked about, and finds what it looks for.
async fn scans(listener: TcpListener) {
    while let Ok((mut socket, _)) = listener.accept().await {
        let mut asked = Vec::new();
        let question = loop {
            if socket.read_buf(&mut asked).await.unwrap_or_default() == 0 {
                break None;
            }
            let body = asked.windows(4).position(|window| window == b"\r\n\r\n").map(|head| &asked[head + 4..]);
            if let Some(Ok(question)) = body.map(serde_json::from_slice::<Value>) {
                break Some(question);
            }
        };
        let Some(question) = question else { continue };
        let url = question["url"].as_str().expect("an url");
        let bytes = reqwest::get(url).await.expect("S3 answers").bytes().await.expect("to the end");
        let verdict = if bytes.starts_with(b"EICAR") { "infected" } else { "clean" };
        let body = format!("{{\"verdict\":\"{verdict}\",\"detail\":\"looked\"}}");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close",
            body.len()
        );
        // Whoever asked may have gone.
        let _ = socket.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await;
    }
}
