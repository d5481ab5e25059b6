//! nats-server, PostgreSQL and S3 gone: a one-line reason, readiness false, no crash; and all is well when they return.

use harness::ops::add;
use harness::{Canvas, Crowd, Draft, World, draft, until};
use local::{Service, Stack};
use std::time::Duration;
use subjects::code::Code;

const OURS: [Service; 4] = [Service::Edge(0), Service::Edge(1), Service::Worker(0), Service::Worker(1)];

/// Each says that it is not ready, and names what is missing in one line.
async fn miss(world: &World, services: &[Service], name: &str) {
    for service in services {
        let line = until(format!("{service} misses {name}"), async || {
            let (status, lines) = world.readiness(*service).await;
            let line = lines.lines().find(|line| line.to_lowercase().contains(name)).map(str::to_owned);
            line.filter(|_| status == 503)
        });
        let line = line.await;
        assert!(line.len() > name.len() + 2, "{service} says why: {line:?}");
    }
}

fn pids(stack: &Stack) -> Vec<Option<u32>> {
    let info = stack.info();
    let edges = info.edges.iter().map(|edge| edge.pid);
    edges.chain(info.workers.iter().map(|worker| worker.pid)).collect()
}

async fn are_ready(stack: &Stack) {
    for service in OURS {
        stack.ready(service).await.expect("it is ready again");
    }
}

async fn fast() -> World {
    World::private(|config| config.edge_env("NORTHSTAR_COMMANDS_PER_SECOND", 10_000)).await
}

#[tokio::test]
async fn nats_server_is_killed_and_restarted_under_load() {
    let world = fast().await;
    let (stack, canvas) = (world.stack(), world.signs_up().await.creates_canvas().await);
    let crowd = Crowd::gathers(&world, 4, 2).await;
    let shift = crowd.works(Duration::from_secs(20));
    let before = pids(stack);
    crowd.gets_on().await;
    stack.kill(Service::Nats).expect("it is killed");
    let in_vain = draft(0, [add("in-vain")]);
    let (reply, ()) = futures_util::future::join(canvas.sends(&in_vain), miss(&world, &OURS, "nats")).await;
    reply.refuses(503, Code::BusUnavailable);
    assert!(reply.header("retry-after").is_some());
    stack.start_service(Service::Nats).await.expect("it starts");
    are_ready(stack).await;
    crowd.gets_on().await;
    shift.ends().await;
    assert_eq!(pids(stack), before, "nobody crashed");
    was_not_accepted(&canvas, &in_vain).await;
}

/// 503 means that nothing was accepted: what was asked for then is not done later.
async fn was_not_accepted(canvas: &Canvas, command: &Draft) {
    canvas.commits([add("afterwards")]).await.is_rev(1);
    assert_eq!(canvas.reads().await.atom_ids(), ["afterwards"]);
    let path = format!("/commands/{}", command.command_id());
    canvas.person.asks(reqwest::Method::GET, path).sends().await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn postgres_is_killed_and_restarted_under_load() {
    let world = fast().await;
    let stack = world.stack();
    let crowd = Crowd::gathers(&world, 4, 2).await;
    let shift = crowd.works(Duration::from_secs(15));
    let before = pids(stack);
    crowd.gets_on().await;
    stack.kill(Service::Postgres).expect("it is killed");
    miss(&world, &OURS, "postgres").await;
    stack.start_service(Service::Postgres).await.expect("it starts");
    are_ready(stack).await;
    crowd.gets_on().await;
    shift.ends().await;
    assert_eq!(pids(stack), before, "nobody crashed");
}

#[tokio::test]
async fn s3_is_gone_and_commands_go_on() {
    let world = fast().await;
    let stack = world.stack();
    let canvas = world.signs_up().await.creates_canvas().await;
    canvas.makes_revs(250).await;
    let before = pids(stack);
    stack.kill(Service::S3).expect("it is killed");
    miss(&world, &OURS, "s3").await;
    // Past the rev at which a snapshot is due.
    canvas.makes_revs(10).await;
    assert_eq!(canvas.reads().await.head_rev, 260);
    assert_eq!(canvas.reads_rev(3).await.atoms.len(), 3);
    stack.start_service(Service::S3).await.expect("it starts");
    are_ready(stack).await;
    canvas.makes_revs(260).await;
    until("a snapshot is stored again", async || {
        (!world.kept(&canvas.person.tenant_id).await.is_empty()).then_some(())
    })
    .await;
    assert_eq!(canvas.reads_rev(515).await.atoms.len(), 515);
    assert_eq!(pids(stack), before, "nobody crashed");
}

#[tokio::test]
async fn servers_that_are_gone_at_start_are_waited_for() {
    let world = fast().await;
    let stack = world.stack();
    let canvas = world.signs_up().await.creates_canvas().await;
    canvas.makes_revs(1).await;
    let servers = [(Service::Nats, "nats"), (Service::Postgres, "postgres"), (Service::S3, "s3")];
    for service in OURS.into_iter().chain(servers.map(|(server, _)| server)) {
        stack.stop_service(service).await.expect("it stops");
    }
    let ours = [Service::Edge(0), Service::Worker(0)];
    let start = async {
        let starts = ours.map(|service| stack.start_service(service));
        for started in futures_util::future::join_all(starts).await {
            started.expect("it starts, and is ready when what it needs is there");
        }
    };
    let servers_come = async {
        for (server, name) in servers {
            for service in ours {
                until(format!("{service} listens"), async || world.listens(service).await.then_some(())).await;
            }
            miss(&world, &ours, name).await;
            stack.start_service(server).await.expect("it starts");
        }
    };
    futures_util::future::join(start, servers_come).await;
    canvas.makes_revs(1).await;
    let mut reader = canvas.watch(harness::Edge(0)).cursor("0").opens().await;
    reader.sees_revs(1..=2).await;
}
