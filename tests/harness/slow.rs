//! Sockets that say half of what they should, and wait.

use crate::until::{SOON, within};
use futures_util::future::join_all;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// As many as knock at once: what the kernel cannot queue for the edge is never seen by it.
const WAVE: usize = 250;

/// Connections that hold half a head each.
#[derive(Debug)]
pub struct SlowSockets(Vec<TcpStream>);

impl SlowSockets {
    /// So many, to the edge at this URL: by turns silent, in the middle of the request line, and of the headers.
    pub async fn connect(url: &str, count: usize) -> Self {
        let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("the limit of open files");
        setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("as many files as may be");
        let address = url.trim_start_matches("http://").to_owned();
        let halves: [&[u8]; 4] = [b"", b"P", b"GET /canvas HT", b"GET /canvas HTTP/1.1\r\nHost: x\r\nX-Half: a"];
        let mut sockets = Vec::new();
        while sockets.len() < count {
            let wave = (0..WAVE).map(|number| half(&address, halves[number % halves.len()]));
            sockets.extend(within(SOON, "the sockets are connected", join_all(wave)).await);
        }
        Self(sockets)
    }

    /// Waits until the edge has cut all of them.
    pub async fn are_cut(self, at_most: Duration) {
        let cuts =
            self.0.into_iter().map(async |mut socket| while matches!(socket.read(&mut [0; 4096]).await, Ok(1..)) {});
        within(at_most, "every slow socket is cut", join_all(cuts)).await;
    }
}

async fn half(address: &str, half: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.expect("the edge takes the connection");
    // It may be cut already.
    let _ = socket.write_all(half).await;
    socket
}
