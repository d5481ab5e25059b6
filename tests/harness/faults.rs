//! Something on the way to a server that can go wrong: 503, answers that break off, answers that do not come.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Every request is answered by 503.
    Unavailable,
    /// Every answer breaks off after so many bytes.
    BreaksOff(u64),
    /// No answer comes.
    Silent,
}

/// A way to a server. Dropped, it is closed.
#[derive(Debug)]
pub struct FaultyWay {
    /// `http://host:port` of its beginning.
    pub url: String,
    fault: watch::Sender<Fault>,
    _listening: JoinSet<()>,
}

impl FaultyWay {
    /// To the server at `http://host:port`, with nothing wrong.
    pub async fn to(url: &str) -> Self {
        let server: SocketAddr = url.trim_start_matches("http://").parse().expect("host and port");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (fault, faults) = watch::channel(Fault::None);
        let mut listening = JoinSet::new();
        listening.spawn(accept(listener, server, faults));
        Self { url, fault, _listening: listening }
    }

    /// From now on this goes wrong. Connections that are open end.
    pub fn has(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, faults: watch::Receiver<Fault>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let mut faults = faults.clone();
        connections.spawn(async move {
            let fault = *faults.borrow_and_update();
            tokio::select! {
                _ = faults.changed() => {}
                _ = carry(socket, server, fault) => {}
            }
        });
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, fault: Fault) -> std::io::Result<()> {
    match fault {
        Fault::None => {
            let mut server = TcpStream::connect(server).await?;
            copy_bidirectional(&mut client, &mut server).await?;
        }
        Fault::Unavailable => {
            // Whatever it asks.
            let _ = client.read(&mut [0; 65_536]).await?;
            let answer = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            client.write_all(answer).await?;
        }
        Fault::BreaksOff(bytes) => {
            let mut server = TcpStream::connect(server).await?;
            let (mut asks, mut hears) = client.split();
            let (answers, mut takes) = server.split();
            let mut answers = answers.take(bytes);
            tokio::select! {
                asked = tokio::io::copy(&mut asks, &mut takes) => asked?,
                answered = tokio::io::copy(&mut answers, &mut hears) => answered?,
            };
        }
        Fault::Silent => std::future::pending().await,
    }
    Ok(())
}
