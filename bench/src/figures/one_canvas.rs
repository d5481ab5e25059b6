//! Figure 6: commands per second on one canvas, pipelined as an edge does it: a batch, and the next when it is answered.

use crate::baseline::commit;
use crate::event;
use crate::lane::Lane;
use crate::latency::Latencies;
use crate::stages::Stages;
use crate::table::{Goal, Row};
use crate::world::World;
use anyhow::{Context, Result, ensure};
use async_nats::jetstream::{self, message::PublishMessage};
use futures_util::StreamExt;
use serde_json::value::RawValue;
use std::time::{Duration, Instant};
use subjects::answer::{Answers, Applied};
use subjects::command::{Actor, Batch, Command, Intent};
use subjects::ids::ActorType;
use subjects::limits::BATCH_COMMANDS_MAX;
use subjects::routing::{RoutingKeys, StreamKey};
use subjects::subject::{self, Subject, header};
use subjects::trace::TraceParent;
use uuid::Uuid;

const WARM_UP: Duration = Duration::from_secs(1);
const ANSWER_AT_MOST: Duration = Duration::from_secs(10);

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let duration = world.pick(Duration::from_secs(8), Duration::from_secs(2));
    let commits = commit::one_client(world, world.pick(1_000, 200)).await?;
    let per_second = 1e6 / commits.mean_us;
    let before = Stages::now(world).await?;
    let on_the_bus = batches(world, duration).await?;
    let after = Stages::now(world).await?;
    let over_http = http(world, duration).await?;
    let goal = Goal::RatioAtLeast(10.0);
    Ok(vec![
        Row::new(6, "commands on one canvas, pipelined, on the bus", "1/s", on_the_bus, goal)
            .beside(per_second, goal)
            .note(format!("means in ms: {}", after.since(&before))),
        Row::new(6, "commands on one canvas, 64 connections, HTTP", "1/s", over_http.0, Goal::Informative)
            .beside(per_second, Goal::Informative)
            .note(over_http.1),
    ])
}

async fn http(world: &World, duration: Duration) -> Result<(f64, String)> {
    let lane = Lane::open(world, 0, BATCH_COMMANDS_MAX, Duration::ZERO).await?;
    let mut latencies = Latencies::new();
    let counted_from = Instant::now() + WARM_UP;
    let done = lane.run(counted_from, counted_from + duration, &mut latencies).await?;
    let note = format!("command -> answer {}; {}", latencies.summary(), done.faults());
    Ok((done.applied as f64 / duration.as_secs_f64(), note))
}

async fn batches(world: &World, duration: Duration) -> Result<f64> {
    let key = world.canvas().await?;
    let (client, inbox) = world.edge_bus().await?;
    let mut answers = client.subscribe(subject::replies(&inbox)).await?;
    let bus = jetstream::new(client);
    let (mut base_rev, mut applied) = (1, 0);
    let counted_from = Instant::now() + WARM_UP;
    let until = counted_from + duration;
    for number in 0.. {
        let begun = Instant::now();
        if begun >= until {
            break;
        }
        send(&bus, &key, base_rev, subject::reply(&inbox, number)).await?;
        let answer = tokio::time::timeout(ANSWER_AT_MOST, answers.next()).await?.context("the bus closed")?;
        let answers: Answers<Applied> = serde_json::from_slice(&answer.payload)?;
        ensure!(answers.answers.iter().all(|answer| answer.outcome.is_ok()), "refused: {answers:?}");
        base_rev += answers.answers.len() as u64;
        if begun >= counted_from {
            applied += answers.answers.len();
        }
    }
    Ok(applied as f64 / counted_from.elapsed().as_secs_f64())
}

async fn send(bus: &jetstream::Context, key: &StreamKey, base_rev: u64, reply_to: String) -> Result<()> {
    let commands = (0..BATCH_COMMANDS_MAX as u64).map(|n| command(base_rev + n)).collect::<Result<Vec<_>>>()?;
    let message = PublishMessage::build()
        .payload(serde_json::to_vec(&Batch { commands })?.into())
        .message_id(Uuid::now_v7().to_string())
        .header(header::REPLY_TO, reply_to);
    bus.send_publish(Subject::Command(key.clone()).to_string(), message).await?.await?;
    Ok(())
}

fn command(base_rev: u64) -> Result<Box<RawValue>> {
    let command_id = Uuid::now_v7();
    let command = Command {
        command_id,
        idempotency_key: command_id.to_string(),
        fingerprint: command_id.simple().to_string().repeat(2),
        base_rev,
        actor: Actor { actor_id: "bench".parse()?, actor_type: ActorType::Human },
        routing: RoutingKeys::default(),
        correlation_id: command_id,
        request_id: command_id.to_string(),
        trace: TraceParent { trace_id: command_id.as_u128(), span_id: 1, sampled: false },
        intent: Intent::default(),
        ops: vec![event::op(0)],
    };
    Ok(serde_json::value::to_raw_value(&command)?)
}
