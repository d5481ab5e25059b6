//! OpenFeature's official OFREP clients, as their makers ship them, each against both edges.

use harness::{Client, Edge, World};

#[tokio::test]
async fn the_server_provider_works_unchanged() {
    works("ofrep_server.mjs").await;
}

#[tokio::test]
async fn the_web_provider_works_unchanged() {
    works("ofrep_web.mjs").await;
}

#[tokio::test]
async fn the_python_provider_works_unchanged() {
    works("ofrep.py").await;
}

async fn works(script: &str) {
    let world = World::shared().await;
    for edge in [Edge(0), Edge(1)] {
        let ann = world.signs_up().await.at(edge);
        Client::named(script).await.of(&ann).succeeds().await;
    }
}
