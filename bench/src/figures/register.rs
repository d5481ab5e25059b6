//! Figure 17: how long it takes until an uploaded artifact is proved and ready, beside a bare PUT to S3 and an INSERT of what
//! is known of it.

use crate::clock;
use crate::latency::{Latencies, Summary};
use crate::table::{Goal, Row};
use crate::world::World;
use anyhow::{Context, Result, ensure};
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use subjects::artifact::Promise;
use subjects::routing::Stream;

const ARTIFACTS: u32 = 1_000;
const BYTES: usize = 64 * 1024;

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let count = world.pick(ARTIFACTS, ARTIFACTS / 10);
    let uploader = Uploader::of(world).await?;
    let bare = Bare::of(world).await?;
    let (mut register, mut whole, mut inline) = (Latencies::new(), Latencies::new(), Latencies::new());
    let mut baseline = Latencies::new();
    // In turns, so that what else the machine does weighs on all of them.
    for number in 0..count {
        baseline.record(bare.keeps(&uploader, count + number).await?);
        let bytes = content(number);
        let begun_us = clock::now_us();
        let said = uploader.promises(&bytes).await?;
        uploader.puts(&said["upload"], bytes).await?;
        let registered_us = clock::now_us();
        let id = said["artifact_id"].as_str().context("no id")?;
        let said = uploader.asks(&format!("/artifacts/{id}/register"), &Value::Null).await?;
        ensure!(said["status"] == "ready", "not ready: {said}");
        register.record(clock::now_us() - registered_us);
        whole.record(clock::now_us() - begun_us);
        inline.record(uploader.writes(number).await?);
    }
    let (register, whole, inline) = (register.summary(), whole.summary(), inline.summary());
    let bare = baseline.summary();
    let row = |what: &str, of: fn(&Summary) -> u64| {
        let ms = |summary: &Summary| of(summary) as f64 / 1_000.0;
        let name = format!("artifact registered, beside PUT + INSERT, {what}");
        Row::new(17, name, "ms", ms(&register), Goal::Informative).beside(ms(&bare), Goal::Informative)
    };
    let note = format!(
        "{count} of 64 KiB of each, in turns; PUT + INSERT: {bare}; registered: {register}; promised, PUT and \
        registered: {whole}; with its content in one request: {inline}"
    );
    Ok(vec![row("p50", |summary| summary.p50_us).note(note), row("p99", |summary| summary.p99_us)])
}

/// What S3 and the database take by themselves: the same bytes, a row with the same columns.
struct Bare {
    client: tokio_postgres::Client,
    insert: tokio_postgres::Statement,
}

impl Bare {
    async fn of(world: &World) -> Result<Self> {
        let client = world.postgres().await?;
        let table = "CREATE SCHEMA IF NOT EXISTS bench;
            DROP TABLE IF EXISTS bench.objects;
            CREATE TABLE bench.objects (LIKE objects INCLUDING ALL)";
        client.batch_execute(table).await.context("cannot prepare the baseline")?;
        let insert =
            "INSERT INTO bench.objects (tenant_id, env, object_id, area, size, sha256, content_type, storage_key,
                status, command_id, actor_id, actor_type)
            VALUES ('t_bench', 'dev', $1, 'raw', 65536, repeat('f', 64), 'application/octet-stream', $1, 'ready',
                gen_random_uuid(), 'bench', 'human')";
        let insert = client.prepare(insert).await?;
        Ok(Self { client, insert })
    }

    /// How long the PUT and the INSERT take.
    async fn keeps(&self, uploader: &Uploader, number: u32) -> Result<u64> {
        let bytes = content(number);
        let said = uploader.promises(&bytes).await?;
        let begun_us = clock::now_us();
        uploader.puts(&said["upload"], bytes).await?;
        self.client.execute(&self.insert, &[&said["artifact_id"].as_str()]).await?;
        Ok(clock::now_us() - begun_us)
    }
}

/// Bytes that are like no others.
fn content(number: u32) -> Vec<u8> {
    number.to_le_bytes().into_iter().cycle().take(BYTES).collect()
}

/// Someone who uploads artifacts of one canvas.
struct Uploader {
    http: reqwest::Client,
    edge: String,
    headers: HeaderMap,
    canvas_id: String,
}

impl Uploader {
    async fn of(world: &World) -> Result<Self> {
        let key = world.canvases(1).await?.remove(0);
        let Stream::Canvas(canvas_id) = key.stream else { anyhow::bail!("no canvas") };
        let mut headers = HeaderMap::new();
        for line in world.headers().lines() {
            let (name, value) = line.split_once(": ").context("a header")?;
            headers.insert(name.parse::<HeaderName>()?, value.parse()?);
        }
        let edge = format!("http://{}", world.edge(0)?);
        Ok(Self { http: reqwest::Client::new(), edge, headers, canvas_id: canvas_id.to_string() })
    }

    async fn promises(&self, bytes: &[u8]) -> Result<Value> {
        let Promise { size, sha256, content_type, .. } = Promise::of(bytes, "application/octet-stream", None);
        let wish = json!({ "kind": "export", "canvas_id": self.canvas_id, "size": size, "sha256": sha256,
            "content_type": content_type });
        self.asks("/artifacts", &wish).await
    }

    async fn puts(&self, upload: &Value, bytes: Vec<u8>) -> Result<()> {
        let mut put = self.http.put(upload["url"].as_str().context("no url")?).body(bytes);
        for (name, value) in upload["headers"].as_object().context("no headers")? {
            if name != "content-length" {
                put = put.header(name, value.as_str().unwrap_or_default());
            }
        }
        put.send().await?.error_for_status()?;
        Ok(())
    }

    /// In one request; how long it takes.
    async fn writes(&self, number: u32) -> Result<u64> {
        let content = json!({ "number": number, "rest": "x".repeat(BYTES) });
        let wish = json!({ "kind": "export", "canvas_id": self.canvas_id, "content": content });
        let begun_us = clock::now_us();
        let said = self.asks("/artifacts", &wish).await?;
        ensure!(said["status"] == "ready", "not ready: {said}");
        Ok(clock::now_us() - begun_us)
    }

    async fn asks(&self, path: &str, body: &Value) -> Result<Value> {
        let ask = self.http.post(format!("{}{path}", self.edge)).headers(self.headers.clone()).json(body);
        let answer = ask.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "POST {path} says {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }
}
