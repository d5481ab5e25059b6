//! Isolation of what is told: over every pair of tenants and environments that share a canvas's name.

use harness::ops::{add, set};
use harness::{Canvas, Edge, Person, World};
use serde_json::json;
use subjects::ids::Env;

const NAME: &str = "start-page";

/// Every tenant and environment that there is, each with a canvas of the same name.
async fn namesakes(people: &[Person]) -> Vec<Canvas> {
    let mut canvases = Vec::new();
    for person in people {
        for env in Env::ALL {
            canvases.push(person.in_env(env).creates_canvas_named(NAME).await);
        }
    }
    canvases
}

fn secret(canvas: &Canvas) -> String {
    format!("secret-of-{}-{}", canvas.person.tenant_id, canvas.person.env)
}

#[tokio::test]
async fn readers_of_namesakes_see_their_own_and_nothing_else() {
    let world = World::shared().await;
    let people = [world.signs_up().await, world.signs_up().await, world.signs_up().await];
    let canvases = namesakes(&people).await;
    let mut readers = Vec::new();
    for (number, canvas) in canvases.iter().enumerate() {
        readers.push(canvas.watch(Edge(number % 2)).cursor("0").opens().await);
    }
    for rev in 1..=3 {
        for canvas in &canvases {
            canvas
                .commits([add(&format!("a{rev}")), set(&format!("a{rev}"), "text", secret(canvas))])
                .await
                .is_rev(rev);
        }
    }
    for (canvas, reader) in canvases.iter().zip(&mut readers) {
        for event in reader.sees_revs(1..=3).await {
            assert_eq!(event.body.routing.tenant_id, canvas.person.tenant_id);
            assert_eq!(event.body.routing.env, canvas.person.env);
            assert!(json!(event.body.data).to_string().contains(&secret(canvas)));
        }
        let document = canvas.reads().await;
        assert!(document.atoms.iter().all(|atom| atom.tokens["text"] == json!(secret(canvas))));
    }
}

#[tokio::test]
async fn a_repeat_in_another_tenant_is_no_repeat() {
    let world = World::shared().await;
    let people = [world.signs_up().await, world.signs_up().await];
    let canvases = namesakes(&people).await;
    let wish = harness::draft(0, [add("a")]).key("the-same-key");
    for canvas in &canvases {
        // Another command of another tenant, though every name in it is the same.
        let reply = canvas.sends(&wish.clone().with("command_id", uuid::Uuid::now_v7().to_string())).await.is_rev(1);
        assert_eq!(reply.header("idempotent-replayed"), None);
    }
}
