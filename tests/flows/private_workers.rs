//! Workers that die, pause, stop or are not there: every command stands once, and its client learns of it.

use harness::ops::add;
use harness::{Crowd, Edge, World, draft, until};
use local::Service;
use reqwest::Method;
use std::time::Duration;
use subjects::code::Code;

/// The command of this label is the last thing that a worker does.
const FATAL: &str = "This one kills";

#[tokio::test]
async fn a_worker_killed_at_any_point_leaves_each_command_done_once() {
    let world = World::private(|config| config).await;
    let stack = world.stack();
    let canvas = world.signs_up().await.creates_canvas().await;
    let mut reader = canvas.watches(Edge(1)).await;
    for (rev, point) in (1..).zip(["before_transaction", "after_transaction", "after_sending"]) {
        // Only the one that will die takes work, until it is dead.
        stack.stop_service(Service::Worker(1)).await.expect("it stops");
        let fate = [("NORTHSTAR_WORKERS_DIE_AT", point), ("NORTHSTAR_WORKERS_DIE_ON_LABEL", FATAL)];
        stack.restart_with_env(Service::Worker(0), &fate).await.expect("it starts");
        let wish = draft(canvas.head(), [add(point)]).label(FATAL);
        let rescue = async {
            until(format!("the worker dies {point}"), async || stack.info().workers[0].pid.is_none().then_some(()))
                .await;
            stack.start_service(Service::Worker(1)).await.expect("the other one starts");
        };
        let (reply, ()) = futures_util::future::join(canvas.sends(&wish), rescue).await;
        assert!([200, 202].contains(&reply.status), "{point}: {}", reply.text());
        let repeat = until("the command is answered", async || {
            let reply = canvas.at(Edge(1)).sends(&wish).await;
            (reply.status != 202).then_some(reply)
        });
        let repeat = repeat.await.is_rev(rev);
        assert_eq!(repeat.header("idempotent-replayed"), Some("true"), "{point}");
        if reply.status == 200 {
            assert_eq!(reply.body, repeat.body, "{point}");
        }
        let event = &reader.sees_revs(rev..=rev).await[0];
        assert_eq!(event.commit().command_id.to_string(), wish.command_id(), "{point}");
        assert_eq!(canvas.history().await.len() as u64, rev, "{point}");
    }
}

#[tokio::test]
async fn without_workers_a_command_is_accepted_and_done_later_once() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_ANSWER_WAIT_MS", 300)).await;
    let stack = world.stack();
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let mut reader = canvas.watches(Edge(0)).await;
    for worker in [0, 1] {
        stack.stop_service(Service::Worker(worker)).await.expect("it stops");
    }
    let wish = draft(0, [add("later")]);
    let accepted = canvas.sends(&wish).await.is(202);
    let place = accepted.header("location").expect("where to ask").to_owned();
    canvas.at(Edge(1)).sends(&wish).await.is(202);
    let status = async |person: &harness::Person, edge| person.at(edge).asks(Method::GET, &place).sends().await;
    assert_eq!(status(&ann, Edge(1)).await.is(200).json()["status"], "pending");
    status(&eve, Edge(1)).await.refuses(404, Code::NotFound);
    assert_eq!(world.bus().await.pending(&ann.tenant_id).await, 2, "the repeat of another edge waits, too");
    assert_eq!(canvas.reads().await.head_rev, 0, "reading needs no worker");

    stack.start_service(Service::Worker(0)).await.expect("it starts");
    reader.sees_revs(1..=1).await;
    let said = until("it is applied", async || {
        let said = status(&ann, Edge(0)).await.is(200).json();
        (said["status"] == "applied").then_some(said)
    });
    let said = said.await;
    let repeat = canvas.sends(&wish).await.is_rev(1);
    assert_eq!(said["commit_id"], repeat.json()["commit_id"]);
    assert_eq!(canvas.history().await.len(), 1);
}

#[tokio::test]
async fn a_worker_that_pauses_and_comes_back_harms_nothing() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_COMMANDS_PER_SECOND", 10_000)).await;
    let stack = world.stack();
    let crowd = Crowd::gathers(&world, 4, 2).await;
    let shift = crowd.works(Duration::from_secs(10));
    for worker in [0, 1] {
        // It believes that it still owns what it had in hand; the other one takes over.
        stack.pause(Service::Worker(worker)).expect("it pauses");
        let other = 1 - worker;
        crowd.gets_on().await;
        stack.resume(Service::Worker(worker)).expect("it goes on");
        stack.ready(Service::Worker(other)).await.expect("the other one is well");
        crowd.gets_on().await;
    }
    let tally = shift.ends().await;
    assert!(tally.acked > 50, "{tally:?}");
}

#[tokio::test]
async fn workers_stop_and_start_while_all_is_granted() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_COMMANDS_PER_SECOND", 10_000)).await;
    let stack = world.stack();
    let crowd = Crowd::gathers(&world, 4, 2).await;
    let shift = crowd.works(Duration::from_secs(8));
    for worker in [0, 1] {
        stack.stop_service(Service::Worker(worker)).await.expect("it stops");
        crowd.gets_on().await;
        stack.start_service(Service::Worker(worker)).await.expect("it starts");
    }
    let tally = shift.ends().await;
    assert_eq!(tally.unanswered, 0, "a worker that is asked to stop finishes what it has: {tally:?}");
}
