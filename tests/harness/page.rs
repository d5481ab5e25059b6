//! A web page, and the browser to look at it with.

use std::path::{Path, PathBuf};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Where a machine has Chromium, if it has.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const HTML: &str = "<!doctype html><meta charset=utf-8><title>A page</title>";
const HEAD_BYTES: usize = 16 * 1024;

/// An empty page with an origin of its own, served until it is dropped.
#[derive(Debug)]
pub struct Page {
    port: u16,
    task: JoinHandle<()>,
}

impl Page {
    /// Serves it.
    pub async fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let serve = async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket));
            }
        };
        Self { port, task: tokio::spawn(serve) }
    }

    /// Its origin.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The same page by another name, which is another origin.
    pub fn other_origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The browser of this machine.
    pub fn browser() -> Option<PathBuf> {
        BROWSERS.iter().map(PathBuf::from).find(|path| Path::exists(path))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whatever is asked, the answer is the page.
async fn answer(mut socket: TcpStream) {
    let mut head = vec![0; HEAD_BYTES];
    let _ = socket.read(&mut head).await;
    let length = HTML.len();
    let text = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{HTML}"
    );
    let _ = socket.write_all(text.as_bytes()).await;
}
