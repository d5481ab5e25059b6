//! Ready-made WebSocket clients, as their makers ship them: subscribe, publish, and resume on the other edge.

use harness::{Client, Edge, World};

#[tokio::test]
async fn ws_for_node_subscribes_publishes_and_resumes() {
    works("ws.mjs").await;
}

#[tokio::test]
async fn websockets_for_python_subscribes_publishes_and_resumes() {
    works("websockets_client.py").await;
}

async fn works(script: &str) {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    for (edge, other) in [(Edge(0), Edge(1)), (Edge(1), Edge(0))] {
        let other = ann.at(other).edge_url().to_owned();
        Client::named(script).await.of(&ann.at(edge)).env("OTHER_EDGE", &other).succeeds().await;
    }
}
