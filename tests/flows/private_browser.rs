//! A browser's own EventSource and WebSocket, in a page of another origin than the edge's.

use harness::{Client, Page, World};

/// Where no browser is installed nothing is tested: `./dev test` installs one, or says at its end that there was none.
#[tokio::test]
async fn a_page_reads_writes_and_resumes() {
    let Some(browser) = Page::browser() else {
        return eprintln!("NOT RUN: there is no Chromium on this machine.");
    };
    let page = Page::serve().await;
    let world = World::private(|config| config.edge_env("NORTHSTAR_CORS_ORIGINS", page.origin())).await;
    let client = Client::named("browser.mjs").await.of(&world.signs_up().await);
    let client = client.env("CHROMIUM", &browser.to_string_lossy());
    client.env("PAGE", &page.origin()).env("FOREIGN_PAGE", &page.other_origin()).succeeds().await;
}
