//! Uploads: exactly what was promised, once, by who was given it, in time. The tamper cases, on PUT and on forms.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::{Client, Edge, Upload, World, promise};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use subjects::code::Code;

const BYTES: &[u8] = b"exactly these bytes";
/// As many bytes, but others.
const OTHERS: &[u8] = b"exactly those bytes";
const KIND: &str = "text/plain";

/// What S3 says to a request that it does not take for what it is.
const NO: [u16; 2] = [400, 403];

#[tokio::test]
async fn a_signed_put_takes_what_was_promised_and_nothing_else() {
    let world = World::of_objects().await;
    let ann = world.signs_up().await;
    let upload = ann.presigns(BYTES, "notes.txt", KIND).await;
    let id = upload.object_id.clone();
    let raw = ann.asks(Method::GET, format!("/nexus/raw-storage/{id}")).sends().await.is(200).json();
    assert_eq!(raw["status"], "pending", "{raw}");
    let without = |name: &str| upload.but(|upload| drop(upload.headers.remove(name)));
    let with =
        |name: &str, value: &str| upload.but(|upload| drop(upload.headers.insert(name.to_owned(), value.to_owned())));
    let key = format!("tenants/{}/dev/raw/{id}/notes.txt", ann.tenant_id);
    let longer = [BYTES, b"!"].concat();
    let elsewhere = upload.but(|upload| upload.url = upload.url.replace("notes.txt", "other.txt"));
    let late = world.signed_long_ago(&upload, &key, BYTES.len()).await;
    for (what, upload, bytes) in [
        ("a longer body", upload.clone(), longer.as_slice()),
        ("a shorter body", upload.clone(), &BYTES[1..]),
        ("another type", with("content-type", "text/html"), BYTES),
        ("no sum", without("x-amz-checksum-sha256"), BYTES),
        ("another sum", with("x-amz-checksum-sha256", "A".repeat(43).as_str()), BYTES),
        ("over what stands there", without("if-none-match"), BYTES),
        ("another key", elsewhere, BYTES),
        ("too late", late, BYTES),
    ] {
        let status = upload.brings(bytes).await;
        assert!(NO.contains(&status), "{what}: {status}");
    }
    assert_eq!(world.kept(&ann.tenant_id).await, [""; 0], "nothing came");
    ann.registers_raw(&id).await.refuses(409, Code::UploadMissing);

    assert_eq!(upload.brings(BYTES).await, 200);
    let said = ann.registers_raw(&id).await.is(200).json();
    assert_eq!(
        (&said["status"], &said["size"], &said["asset_id"]),
        (&json!("ready"), &json!(19), &json!(id)),
        "{said}"
    );
    assert_eq!(upload.brings(BYTES).await, 412, "it stands for good");
    assert_eq!(upload.brings(OTHERS).await, 412, "and is not replaced");
    ann.at(Edge(1)).registers_raw(&id).await.is(200);
    let ready = ann.at(Edge(1)).raw(&id).await;
    let fetched = ann.downloads(&ready).await.is(200);
    assert_eq!(fetched.body.as_ref(), BYTES);
    assert_eq!(fetched.header("content-type"), Some(KIND));
    assert_eq!(
        fetched.header("content-disposition"),
        Some("attachment; filename=\"notes.txt\"; filename*=UTF-8''notes.txt")
    );
}

#[tokio::test]
async fn other_bytes_are_found_out_wherever_they_come_from() {
    let world = World::of_objects().await;
    let ann = world.signs_up().await;
    let upload = ann.presigns(BYTES, "notes.txt", KIND).await;
    assert_eq!(upload.brings(OTHERS).await, 400, "S3 sees it by the sum");
    // Some servers keep what they refused, and somebody may get past them: what stands there is read.
    let key = format!("tenants/{}/dev/raw/{}/notes.txt", ann.tenant_id, upload.object_id);
    for (bytes, kind) in [(OTHERS, KIND), (&BYTES[1..], KIND), (BYTES, "text/html")] {
        world.plants(&key, bytes, kind).await;
        ann.registers_raw(&upload.object_id).await.refuses(422, Code::UploadMismatch);
        assert_eq!(world.objects(&key).await, [""; 0], "it is deleted");
        assert_eq!(ann.raw(&upload.object_id).await["status"], "pending");
    }
    assert_eq!(upload.brings(BYTES).await, 200, "the promise still stands");
    ann.registers_raw(&upload.object_id).await.is(200);
}

#[tokio::test]
async fn a_form_takes_what_was_promised_and_nothing_else() {
    let world = World::of_objects().await;
    let ann = world.signs_up().await;
    let form = ann.presigns_form(BYTES, "notes.txt", KIND).await;
    let with = |name: &str, value: &str| form.but(|form| drop(form.fields.insert(name.to_owned(), value.to_owned())));
    let key = form.fields["key"].clone();
    let late = expired(&form, world.s3_secret());
    let longer = [BYTES, b"!"].concat();
    for (what, form, bytes) in [
        ("a longer file", form.clone(), longer.as_slice()),
        ("a shorter file", form.clone(), &BYTES[1..]),
        ("another type", with("content-type", "text/html"), BYTES),
        ("no sum", form.but(|form| drop(form.fields.remove("x-amz-checksum-sha256"))), BYTES),
        ("another key", with("key", &key.replace("notes", "other")), BYTES),
        ("another field", with("acl", "public-read"), BYTES),
        ("another policy", with("policy", "e30="), BYTES),
        ("too late", late, BYTES),
    ] {
        let status = form.brings(bytes).await;
        assert!(NO.contains(&status), "{what}: {status}");
    }
    assert_eq!(world.kept(&ann.tenant_id).await, [""; 0], "nothing came");
    assert!([200, 201, 204].contains(&form.brings(BYTES).await));
    ann.registers_raw(&form.object_id).await.is(200);
    // Some servers take the same again, none takes another.
    assert!([204, 412].contains(&form.brings(BYTES).await));
    assert_ne!(form.brings(OTHERS).await / 100, 2);
    let ready = ann.raw(&form.object_id).await;
    assert_eq!(ann.downloads(&ready).await.is(200).body.as_ref(), BYTES);
}

/// The same form, signed with the right keys, but with a policy that has expired.
fn expired(form: &Upload, secret: &str) -> Upload {
    let policy = STANDARD.decode(&form.fields["policy"]).expect("base64");
    let mut policy: Value = serde_json::from_slice(&policy).expect("a policy");
    policy["expiration"] = json!("2020-01-01T00:00:00.000Z");
    let policy = STANDARD.encode(policy.to_string());
    let scope: Vec<&str> = form.fields["x-amz-credential"].split('/').skip(1).collect();
    let key = scope.iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part));
    let signature = hex::encode(mac(&key, &policy));
    form.but(|form| {
        form.fields.insert("policy".into(), policy);
        form.fields.insert("x-amz-signature".into(), signature);
    })
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[tokio::test]
async fn what_may_not_be_promised_is_refused() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let good = promise(BYTES, "notes.txt", KIND);
    let with = |member: &str, value: Value| {
        let mut body = good.clone();
        body[member] = value;
        body
    };
    for (body, status, code) in [
        (with("size", json!(0)), 422, Code::UploadInvalid),
        (with("size", json!(5_u64 * 1024 * 1024 * 1024 + 1)), 422, Code::UploadInvalid),
        (with("size", json!(-1)), 400, Code::BodyInvalid),
        (with("sha256", json!("abc")), 400, Code::BodyInvalid),
        (with("sha256", json!("A".repeat(64))), 400, Code::BodyInvalid),
        (with("filename", json!("")), 400, Code::BodyInvalid),
        (with("filename", json!("a\r\nb")), 400, Code::BodyInvalid),
        (with("filename", json!("x".repeat(300))), 400, Code::BodyInvalid),
        (with("content_type", json!("text/html")), 422, Code::UploadInvalid),
        (with("content_type", json!("text/plain\r\nx: y")), 400, Code::BodyInvalid),
        (with("as", json!("pigeon")), 400, Code::BodyInvalid),
        (with("parent_asset_id", json!("ast_1")), 400, Code::BodyInvalid),
        (with("key", json!("tenants/t_system/x")), 400, Code::BodyInvalid),
    ] {
        ann.asks_to_presign(&body).await.refuses(status, code);
    }
}

#[tokio::test]
async fn a_file_name_leads_nowhere() {
    let world = World::of_objects().await;
    let ann = world.signs_up().await;
    for (name, last) in [
        ("../../../t_system/prod/raw/x.txt", "x.txt"),
        ("..\\..\\x.txt", "x.txt"),
        ("..", "file"),
        ("a/..", "file"),
        (".htaccess", "htaccess"),
        ("%2e%2e%2fx", "_2e_2e_2fx"),
        ("Größe \"1\".txt", "Gr__e__1_.txt"),
    ] {
        let upload = ann.presigns(name.as_bytes(), name, KIND).await;
        assert_eq!(upload.brings(name.as_bytes()).await, 200, "{name}");
        ann.registers_raw(&upload.object_id).await.is(200);
        let below = format!("tenants/{}/dev/raw/{}/", ann.tenant_id, upload.object_id);
        assert_eq!(world.objects(&below).await, [format!("{below}{last}")], "{name}");
        let ready = ann.raw(&upload.object_id).await;
        assert_eq!(ready["filename"], name, "the original is kept");
        let fetched = ann.downloads(&ready).await.is(200);
        let disposition = fetched.header("content-disposition").expect("a disposition").to_owned();
        assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
        assert!(disposition.matches('"').count() == 2, "{disposition}");
    }
}

#[tokio::test]
async fn the_same_bytes_are_stored_once() {
    let world = World::of_objects().await;
    let ann = world.signs_up().await;
    let (one, two) = (ann.presigns(BYTES, "one.txt", KIND).await, ann.presigns(BYTES, "two.txt", KIND).await);
    assert_eq!((one.brings(BYTES).await, two.brings(BYTES).await), (200, 200));
    let (first, second) =
        futures_util::future::join(ann.registers_raw(&one.object_id), ann.at(Edge(1)).registers_raw(&two.object_id))
            .await;
    first.is(200);
    second.is(200);
    assert_eq!(world.kept(&ann.tenant_id).await.len(), 1, "one of two that came at once");
    let again = ann.asks_to_presign(&promise(BYTES, "three.txt", "application/octet-stream")).await.is(201).json();
    assert_eq!((&again["status"], &again["upload"]), (&json!("ready"), &Value::Null), "{again}");
    let id = again["asset_id"].as_str().expect("an id");
    let fetched = ann.downloads(&ann.raw(id).await).await.is(200);
    assert_eq!(fetched.body.as_ref(), BYTES);
    assert_eq!(fetched.header("content-type"), Some("application/octet-stream"), "as this one was promised");
    // A promise of the same sum and another size is another promise.
    let mut lie = promise(BYTES, "lie.txt", KIND);
    lie["size"] = json!(5);
    assert_eq!(ann.asks_to_presign(&lie).await.is(201).json()["status"], "pending");
    let eve = world.signs_up().await;
    let hers = eve.asks_to_presign(&promise(BYTES, "one.txt", KIND)).await.is(201).json();
    assert_eq!(hers["status"], "pending", "another tenant's bytes are unknown");
}

#[tokio::test]
async fn what_is_large_comes_in_parts() {
    const SIZE: usize = 65 * 1024 * 1024;
    let world = World::of_objects().await;
    let ann = world.signs_up().await;
    let bytes: Vec<u8> = (0..SIZE).map(|at| (at / 251 + at) as u8).collect();
    let said = ann.asks_to_presign(&promise(&bytes, "film.bin", "application/octet-stream")).await.is(201).json();
    let id = said["asset_id"].as_str().expect("an id").to_owned();
    let parts = said["upload"]["parts"].as_array().expect("parts").clone();
    assert_eq!(parts.len(), 2, "{said}");
    let sizes: Vec<u64> = parts.iter().filter_map(|part| part["size"].as_u64()).collect();
    assert_eq!(sizes, [64 * 1024 * 1024, 1024 * 1024]);
    let (head, tail) = bytes.split_at(64 * 1024 * 1024);
    let part = |number: usize| Upload::of(&ann, id.clone(), &parts[number]);
    assert_eq!(part(1).brings(tail).await, 200);
    ann.registers_raw(&id).await.refuses(409, Code::UploadMissing);
    assert!(NO.contains(&part(0).brings(b"short").await), "a part is of exactly its size");
    // As if what was signed had expired: asked again, the same upload goes on.
    let again = ann.raw(&id).await;
    assert_eq!(again["upload"]["parts"].as_array().map(Vec::len), Some(2), "{again}");
    assert_eq!(Upload::of(&ann, id.clone(), &again["upload"]["parts"][0]).brings(head).await, 200);
    let ready = harness::until("it is ready", async || {
        let reply = ann.registers_raw(&id).await;
        assert!([200, 202].contains(&reply.status), "{}", reply.text());
        (reply.status == 200).then(|| reply.json())
    });
    assert_eq!(ready.await["size"], SIZE);
    let fetched = ann.downloads(&ann.raw(&id).await).await.is(200);
    assert!(fetched.body == bytes, "to the byte");
    let form = {
        let mut body = promise(&bytes[1..], "film.bin", "application/octet-stream");
        body["as"] = json!("form");
        body
    };
    ann.asks_to_presign(&form).await.refuses(422, Code::UploadInvalid);
}

#[tokio::test]
async fn a_ready_made_client_uploads_and_sees_it() {
    let world = World::shared().await;
    let (ann, access) = (world.signs_up().await, world.access().clone());
    let canvas = ann.creates_canvas().await;
    let client = Client::named("uploads.py").await.of(&ann).env("CANVAS", &canvas.id);
    let client = client.env("S3_ENDPOINT", &access.s3_endpoint).env("S3_BUCKET", &access.s3_bucket);
    let client = client.env("S3_ID", &access.s3_access_key_id).env("S3_SECRET", &access.s3_secret_access_key);
    client.succeeds().await;
}
