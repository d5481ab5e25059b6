//! One synced commit of what a command leaves behind: head moved, a row of the log, a row of what became of the command.
//!
//! It is one function in the database, so that a commit costs one round trip: there is no cheaper way to do the same.

use crate::clock;
use crate::event;
use crate::latency::{Latencies, Summary};
use crate::world::World;
use anyhow::{Context, Result};
use subjects::routing::StreamKey;

/// Canvases of the baseline, one for each client at most.
pub(crate) const CANVASES: usize = 64;

/// The statement that commits, for the canvas numbered `canvas`.
pub(crate) fn statement(canvas: &str) -> String {
    format!("SELECT bench.commit({canvas})")
}

/// Makes the function and the heads that it moves, unless they are there.
pub(crate) async fn prepare(world: &World) -> Result<tokio_postgres::Client> {
    let client = world.postgres().await?;
    let key: StreamKey = "t_bench.dev.canvas.baseline-0".parse()?;
    let event = serde_json::to_string(&event::commit(&key, 1_000, clock::now_us()))?;
    let outcome = event::outcome();
    let sql = format!(
        r"CREATE SCHEMA IF NOT EXISTS bench;
        INSERT INTO heads (tenant_id, env, stream)
        SELECT 't_bench', 'dev', 'canvas.baseline-' || n FROM generate_series(0, {CANVASES} - 1) n ON CONFLICT DO NOTHING;
        CREATE OR REPLACE FUNCTION bench.commit(canvas integer) RETURNS bigint LANGUAGE plpgsql AS $function$
        DECLARE
            place        text := 'canvas.baseline-' || canvas;
            command      uuid := gen_random_uuid();
            place_in_log bigint;
        BEGIN
            UPDATE heads SET seq = seq + 1, rev = rev + 1
             WHERE tenant_id = 't_bench' AND env = 'dev' AND stream = place RETURNING seq INTO place_in_log;
            INSERT INTO log (tenant_id, env, stream, seq, rev, command_id, event)
            VALUES ('t_bench', 'dev', place, place_in_log, place_in_log, command, '{event}');
            INSERT INTO commands (tenant_id, command_id, env, stream, actor_id, idempotency_key, fingerprint, applied, outcome)
            VALUES ('t_bench', command, 'dev', place, 'bench', command::text, repeat('f', 64), true, '{outcome}');
            RETURN place_in_log;
        END $function$;"
    );
    client.batch_execute(&sql).await.context("cannot prepare the baseline")?;
    Ok(client)
}

/// So many commits, one after the other, by one client.
pub(crate) async fn one_client(world: &World, commits: u32) -> Result<Summary> {
    let client = prepare(world).await?;
    let statement = client.prepare(&statement("$1")).await?;
    let mut latencies = Latencies::new();
    for n in 0..commits + commits / 10 {
        let begun_us = clock::now_us();
        client.query_one(&statement, &[&0_i32]).await?;
        if n >= commits / 10 {
            latencies.record(clock::now_us() - begun_us);
        }
    }
    Ok(latencies.summary())
}
