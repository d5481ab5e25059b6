//! Figure 15: how many audit records a second get their place in a log and a signed checkpoint, beside the same rows inserted
//! bare; and how long the proof of one takes in a log of ten million.

use crate::clock;
use crate::http::{self, Connection};
use crate::latency::Latencies;
use crate::table::{Goal, Row};
use crate::tenant::Tenant;
use crate::world::World;
use anyhow::{Context, Result, ensure};
use audit::{Checkpoint, Growing, Hash, Keys, PayloadCommitment, Proof, Recorded, SigningPair, TileBytes, TileId};
use audit::{origin, record_hash};
use chrono::DateTime;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio_postgres::Client;

const RECORDS: i64 = 100_000;
const TENANTS: i64 = 8;
const RECORDS_PER_SECOND: f64 = 5_000.0;
/// How long all may take to get their places.
const SEALED_WITHIN: Duration = Duration::from_secs(120);
/// Rows of one transaction of the baseline: as many as the sequencer takes.
const BATCH: i64 = 1_024;

const LOG: u64 = 10_000_000;
const PROVED: u64 = 200;
const PROOFS: usize = 2_000;
const PROOF_MS: f64 = 5.0;
/// Tiles that are written together.
const TILES: usize = 256;
/// No worker appends to the logs of this environment here.
const ENV: &str = "staging";

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    Ok(vec![records(world).await?, proofs(world).await?])
}

/// What is put down for the tenant `$1`, from number `$2` on, `$3` times.
const PUT_DOWN: &str = "(tenant_id, env, event_id, actor_id, actor_type, action, resource, outcome, request_id, trace_id, payload,
        routing)
    SELECT $1, 'dev', gen_random_uuid(), 'u_bench', 'human', 'canvas.command', 'canvas.bench-' || n, 'done', gen_random_uuid(),
           md5(n::text), json_build_object('rev', n, 'ops', 1, 'label', 'Change the text'),
           '{\"workspace_id\":\"bench\",\"project_id\":\"bench\",\"canvas_id\":\"bench\"}'
      FROM generate_series($2::bigint, $2::bigint + $3::bigint - 1) AS n";

async fn records(world: &World) -> Result<Row> {
    let records = world.pick(RECORDS, RECORDS / 10);
    let client = world.postgres().await?;
    let bare = bare(&client, records).await?;
    let mut tenants = Vec::new();
    for _ in 0..TENANTS {
        tenants.push(Tenant::new(world).await?.tenant_id().to_owned());
    }
    sealed(&client).await?;
    let begun = Instant::now();
    for tenant_id in &tenants {
        client
            .execute(&format!("INSERT INTO dataset_events {PUT_DOWN}"), &[tenant_id, &0_i64, &(records / TENANTS)])
            .await?;
    }
    let put_down = begun.elapsed();
    sealed(&client).await?;
    let took = begun.elapsed();
    let count = "SELECT sum(size)::bigint FROM audit_heads WHERE tenant_id = ANY($1) AND env = 'dev' AND note <> ''";
    let size: i64 = client.query_one(count, &[&tenants]).await?.get(0);
    ensure!(size >= records, "{size} of {records} have their place");
    let rate = records as f64 / took.as_secs_f64();
    let note = format!(
        "{records} events of {TENANTS} tenants, put down at once in {:.1} s by one client and sealed {:.1} s after it began; \
        bare: the same rows without trigger and log, in transactions of {BATCH}",
        put_down.as_secs_f64(),
        took.as_secs_f64()
    );
    let row = Row::new(15, "audit records put down, placed and signed", "records/s", rate, Goal::Informative);
    Ok(row.beside(bare, Goal::Informative).and(rate >= RECORDS_PER_SECOND, "fewer than 5 000 records/s").note(note))
}

/// Waits until nothing waits for its place.
async fn sealed(client: &Client) -> Result<()> {
    let begun = Instant::now();
    while client.query_one("SELECT EXISTS (SELECT FROM audit_queue)", &[]).await?.get(0) {
        ensure!(begun.elapsed() < SEALED_WITHIN, "the queue is not empty after {} s", SEALED_WITHIN.as_secs());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// The same rows in a table that nothing else hangs on, a second.
async fn bare(client: &Client, records: i64) -> Result<f64> {
    let table = "CREATE SCHEMA IF NOT EXISTS bench;
        DROP TABLE IF EXISTS bench.dataset_events;
        CREATE TABLE bench.dataset_events (LIKE dataset_events INCLUDING ALL)";
    client.batch_execute(table).await.context("cannot prepare the baseline")?;
    let insert = client.prepare(&format!("INSERT INTO bench.dataset_events {PUT_DOWN}")).await?;
    let begun = Instant::now();
    for first in (0..records).step_by(BATCH as usize) {
        client.execute(&insert, &[&"t_bench", &first, &BATCH.min(records - first)]).await?;
    }
    Ok(records as f64 / begun.elapsed().as_secs_f64())
}

async fn proofs(world: &World) -> Result<Row> {
    let size = world.pick(LOG, LOG / 20);
    let tenant = Tenant::new(world).await?;
    let log = Filled::of(world, tenant.tenant_id(), size).await?;
    let headers = tenant.headers_in(ENV);
    let mut connection = Connection::open(&world.edge(0)?).await?;
    let mut latencies = Latencies::new();
    for number in 0..world.pick(PROOFS, PROOFS / 10) {
        let seq = log.seqs[number * 7 % log.seqs.len()];
        let request = http::request("GET", &format!("/audit/proof/inclusion?seq={seq}"), &headers, "");
        let begun_us = clock::now_us();
        let answer = connection.ask(&request).await?;
        latencies.record(clock::now_us() - begun_us);
        let text = String::from_utf8(answer.body)?;
        ensure!(answer.status == 200, "{}: {text}", answer.status);
        let (leaf, _) = Proof::from_text(&text)?.check(&log.keys)?;
        ensure!(leaf.seq == seq, "the proof of another record");
    }
    let summary = latencies.summary();
    let name = format!("proof of one audit record among {size}, p50");
    let row = Row::new(15, name, "ms", summary.p50_us as f64 / 1_000.0, Goal::AtMost(PROOF_MS));
    let note = format!(
        "over HTTP, each checked; {summary}; the log's tiles were written by the bench, {} of its records are whole",
        log.seqs.len()
    );
    Ok(row.note(note))
}

/// A log of which only some records are there, and all hashes.
struct Filled {
    seqs: Vec<u64>,
    keys: Keys,
}

impl Filled {
    async fn of(world: &World, tenant_id: &str, size: u64) -> Result<Self> {
        let client = world.postgres().await?;
        // What is put here passes by triggers and worker.
        client.batch_execute("SET session_replication_role = replica").await?;
        let seqs: Vec<u64> = (0..PROVED).map(|number| number * (size / PROVED) + number).collect();
        let mut growing = Growing::new(0, |_| None)?;
        for seq in 0..size {
            growing.append(match seqs.binary_search(&seq) {
                Ok(_) => put_down(&client, tenant_id, seq).await?,
                Err(_) => record_hash(&seq.to_be_bytes()),
            });
        }
        let root = growing.root();
        for tiles in growing.changed().chunks(TILES) {
            write(&client, tenant_id, tiles).await?;
        }
        let pair = SigningPair::from_seed("bench.local", &[7; 32]);
        let checkpoint = Checkpoint { origin: origin("bench.local", tenant_id, ENV), size, root };
        let note = String::from_utf8(checkpoint.sign(&pair)?)?;
        let head = "INSERT INTO audit_heads (tenant_id, env, size, root, note) VALUES ($1, $2, $3, $4, $5)";
        client.execute(head, &[&tenant_id, &ENV, &(size as i64), &root.0.as_slice(), &note]).await?;
        client.batch_execute("ANALYZE audit_tiles, audit_entries, dataset_events").await?;
        Ok(Self { seqs, keys: Keys::new([pair.vkey().to_owned()])? })
    }
}

/// An event at its place; gives its hash.
async fn put_down(client: &Client, tenant_id: &str, seq: u64) -> Result<Hash> {
    let event = "
        INSERT INTO dataset_events (tenant_id, env, event_id, ts, actor_id, actor_type, action, resource, outcome, request_id,
                                    trace_id, payload, routing)
        VALUES ($1, $2, $3, $4, 'u_bench', 'human', 'canvas.command', 'canvas.bench', 'done', 'r', 't', '{}', $5)";
    let (event_id, ts) = (uuid::Uuid::from_u128(seq.into()), DateTime::UNIX_EPOCH);
    let routing: Value = json!({ "canvas_id": "bench" });
    client.execute(event, &[&tenant_id, &ENV, &event_id, &ts, &routing]).await?;
    let entry = "INSERT INTO audit_entries VALUES ($1, $2, $3, $4, decode(repeat('00', 32), 'hex'))";
    client.execute(entry, &[&tenant_id, &ENV, &(seq as i64), &event_id]).await?;
    let text = str::to_owned;
    let recorded = Recorded {
        event_id: event_id.to_string(),
        ts,
        actor_id: text("u_bench"),
        actor_type: text("human"),
        action: text("canvas.command"),
        resource: text("canvas.bench"),
        outcome: text("done"),
        request_id: text("r"),
        trace_id: text("t"),
        routing,
        train_ok: true,
    };
    Ok(record_hash(&recorded.leaf((tenant_id, ENV), seq, PayloadCommitment::ERASED).to_bytes()?))
}

async fn write(client: &Client, tenant_id: &str, tiles: &[(TileId, TileBytes)]) -> Result<()> {
    let write = "INSERT INTO audit_tiles
        SELECT $1, $2, new.level, new.number, new.hashes
          FROM unnest($3::smallint[], $4::bigint[], $5::bytea[]) AS new (level, number, hashes)";
    let levels: Vec<i16> = tiles.iter().map(|(id, _)| id.level.into()).collect();
    let numbers: Vec<i64> = tiles.iter().map(|(id, _)| id.number as i64).collect();
    let hashes: Vec<&[u8]> = tiles.iter().map(|(_, hashes)| hashes.as_slice()).collect();
    client.execute(write, &[&tenant_id, &ENV, &levels, &numbers, &hashes]).await?;
    Ok(())
}
