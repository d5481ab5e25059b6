//! A command that cannot be worked on: put aside with its cause, and the others go on.

use harness::ops::add;
use harness::{Bus, Canvas, Edge, World, until};
use subjects::subject::{Subject, header};

async fn is_put_aside((world, bus): (&World, &Bus), canvas: &Canvas, worker: &str, poison: (&Subject, &[u8])) {
    let tenant_id = &canvas.person.tenant_id;
    let before = bus.dead_letters(tenant_id).await;
    bus.publishes(&poison.0.to_string(), poison.1.to_vec()).await;
    // The next command of the same canvas stands behind it, and is done.
    let rev = canvas.head() + 1;
    canvas.commits([add(&format!("after-{rev}"))]).await.is_rev(rev);
    until("the poison is put aside", async || (bus.dead_letters(tenant_id).await == before + 1).then_some(())).await;
    let dead = Subject::Dead { worker: worker.into(), tenant_id: tenant_id.clone(), env: canvas.person.env };
    let headers = bus.last_dead_letter(&dead.to_string()).await;
    let said = |name: &str| headers.get(name).map(|value| value.as_str().to_owned()).unwrap_or_default();
    assert!(!said(header::CAUSE).is_empty(), "it says why");
    assert!(said(header::ATTEMPTS).parse::<u32>().is_ok_and(|attempts| attempts >= 1), "{headers:?}");
    assert_eq!(said(header::SUBJECT), poison.0.to_string());
    is_audited(world, canvas, worker, before + 1).await;
}

/// So many were given up by the role, and it is known of each.
async fn is_audited(world: &World, canvas: &Canvas, worker: &str, letters: usize) {
    let given_up = "SELECT count(*) FROM dataset_events WHERE tenant_id = $1 AND action = 'command.give_up'
        AND outcome = 'DEAD_LETTERED' AND payload->>'role' = $2";
    let database = world.database().await;
    until("it is audited", async || {
        let row = database.query_one(given_up, &[&canvas.person.tenant_id.as_str(), &worker]).await.expect("a count");
        (row.get::<_, i64>(0) == letters as i64).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_poisoned_command_is_put_aside_and_the_others_go_on() {
    let world = World::shared().await;
    world.expects_dead_letters();
    let canvas = world.signs_up().await.creates_canvas().await;
    let mut reader = canvas.watches(Edge(0)).await;
    let bus = world.bus().await;
    let subject = Subject::Command(canvas.stream());
    let bodies: [&[u8]; 5] = [b"garbage", b"", b"{}", b"{\"commands\":[{}]}", b"{\"commands\":[]}"];
    for body in bodies {
        is_put_aside((&world, &bus), &canvas, "apply", (&subject, body)).await;
    }
    reader.sees_revs(1..=bodies.len() as u64).await;
}

#[tokio::test]
async fn a_poisoned_control_command_is_put_aside_too() {
    let world = World::shared().await;
    world.expects_dead_letters();
    let canvas = world.signs_up().await.creates_canvas().await;
    let bus = world.bus().await;
    let stream = canvas.stream();
    let subject = Subject::control(stream.tenant_id, stream.env, "register_canvas", "c1");
    is_put_aside((&world, &bus), &canvas, "control", (&subject, b"garbage")).await;
    canvas.person.creates_canvas().await;
}
