//! HTTP/1 on an open port: every wait and size has a limit, and a response may take its socket over.

use crate::stop::Stop;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE};
use http::{HeaderValue, StatusCode};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::server::conn::http1::{self, Parts};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

/// What a peer may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long the head of a request may take, and how long a connection may idle between two.
    pub head_read: Duration,
    /// The most header fields of a request.
    pub headers_max: usize,
    /// The largest head of a request. hyper takes no less than 8 KiB.
    pub head_bytes_max: usize,
    /// The most connections at once. One more is told 503.
    pub connections_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head_read: Duration::from_secs(5), headers_max: 64, head_bytes_max: 32 * 1024, connections_max: 100_000 }
    }
}

/// Who is at the other end; an extension of every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// An extension of a response: once its head is written, the socket leaves HTTP and goes to this function.
///
/// The body of such a response is ignored. It has neither length nor chunks: it ends when the socket is closed.
#[derive(Clone)]
pub struct TakeOver(Arc<Mutex<Option<Taker>>>);

type Taker = Box<dyn FnOnce(TakenOver) + Send>;

impl TakeOver {
    /// `take` must not block; it is given the socket after the head went out.
    pub fn new(take: impl FnOnce(TakenOver) + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(take)))))
    }

    fn taker(&self) -> Option<Taker> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }
}

/// A socket that left HTTP.
#[derive(Debug)]
pub struct TakenOver {
    /// Where the body is to be written.
    pub socket: TcpStream,
    /// The connection's place among [`Limits::connections_max`]: to be kept as long as the socket.
    pub permit: OwnedSemaphorePermit,
    /// What the client sent behind its request.
    pub early: Bytes,
}

const HEAD_WRITE_SECS: u64 = 5;
/// The kernel takes less where it is told to (`net.core.somaxconn`).
const UNACCEPTED_MAX: u32 = 16_384;
const ACCEPT_RETRY_MS: u64 = 50;
const LINGER_SECS_MAX: u64 = 2;
const LINGER_BYTES_MAX: u64 = 4 * 1024 * 1024;
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// What all connections of a port share.
#[derive(Clone)]
struct Port {
    router: Router,
    limits: Limits,
    stop: Stop,
}

/// Listens with room for a storm: many thousands who come at once wait in the kernel until they are accepted.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(UNACCEPTED_MAX)
}

/// Accepts until asked to stop, then lets every connection finish its request. Returns when it accepts no more.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: Stop) {
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let port = Port { router, limits, stop: stop.clone() };
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.asked() => return,
            accepted = listener.accept() => accepted,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(Duration::from_millis(ACCEPT_RETRY_MS)).await;
                continue;
            }
        };
        let Ok(permit) = places.clone().try_acquire_owned() else {
            metrics::counter!("northstar_http_connections_refused_total").increment(1);
            let _ = socket.try_write(FULL);
            continue;
        };
        stop.spawn(connection(socket, Peer(peer), port.clone(), permit));
    }
}

async fn connection(socket: TcpStream, peer: Peer, port: Port, permit: OwnedSemaphorePermit) {
    let _ = socket.set_nodelay(true);
    match exchange(socket, peer, port).await {
        Ok(Some(taken)) => hand_over(taken, permit).await,
        Ok(None) => {}
        // The peer went away or broke the protocol: it was answered, as far as it can be.
        Err(error) => tracing::debug!(%error, "a connection ended early"),
    }
}

/// A connection whose socket is taken over, before the head of the response is written.
struct Taken {
    socket: TcpStream,
    early: Bytes,
    takeover: Takeover,
}

/// A response that takes its socket over.
struct Takeover {
    head: Vec<u8>,
    taker: Taker,
}

type Slot = Arc<Mutex<Option<Takeover>>>;

/// Serves requests until the connection ends or a response takes it over.
async fn exchange(socket: TcpStream, peer: Peer, port: Port) -> hyper::Result<Option<Taken>> {
    let Port { router, limits, stop } = port;
    let slot: Slot = Slot::default();
    let service = {
        let slot = slot.clone();
        hyper::service::service_fn(move |request| answer(router.clone(), peer, slot.clone(), request))
    };
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_read)
        .max_headers(limits.headers_max)
        .max_buf_size(limits.head_bytes_max)
        .serve_connection(TokioIo::new(socket), service);
    let mut asked = Box::pin(stop.asked());
    let mut is_stopping = false;
    let taken = poll_fn(|cx| {
        if !is_stopping && asked.as_mut().poll(cx).is_ready() {
            is_stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        poll_exchange(&mut connection, &slot, cx)
    })
    .await?;
    let Parts { io, read_buf: early, .. } = connection.into_parts();
    let socket = io.into_inner();
    let Some(takeover) = taken else {
        if !is_stopping {
            linger(socket).await;
        }
        return Ok(None);
    };
    Ok(Some(Taken { socket, early, takeover }))
}

/// Reads what a client still sends that was answered before its body was read. Were the socket closed at once, the
/// kernel would take the answer back, too.
async fn linger(socket: TcpStream) {
    let (mut rest, mut nowhere) = (socket.take(LINGER_BYTES_MAX), tokio::io::sink());
    let discarded = tokio::io::copy(&mut rest, &mut nowhere);
    // How it ends does not matter: the answer was sent.
    let _ = tokio::time::timeout(Duration::from_secs(LINGER_SECS_MAX), discarded).await;
}

/// The service fills the slot while it is polled within the connection, and then waits for ever: so one look after
/// each poll is enough.
fn poll_exchange<S>(
    connection: &mut http1::Connection<TokioIo<TcpStream>, S>,
    slot: &Slot,
    cx: &mut Context<'_>,
) -> Poll<hyper::Result<Option<Takeover>>>
where
    S: hyper::service::HttpService<Incoming, ResBody = Body> + Unpin,
    S::Future: Unpin,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let ended = Pin::new(connection).poll(cx);
    if let Some(taken) = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
        return Poll::Ready(Ok(Some(taken)));
    }
    ended.map_ok(|()| None)
}

type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

fn answer(router: Router, peer: Peer, slot: Slot, request: Request<Incoming>) -> Answer {
    Box::pin(async move {
        let is_read = Arc::new(AtomicBool::new(request.body().is_end_stream()));
        let mut request = request.map(|body| Body::new(Watched { body, is_read: is_read.clone() }));
        request.extensions_mut().insert(peer);
        let mut response = router.oneshot(request).await?;
        let Some(taker) = response.extensions().get::<TakeOver>().and_then(TakeOver::taker) else {
            if !is_read.load(Ordering::Relaxed) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            return Ok(response);
        };
        *slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some(Takeover { head: head(&response), taker });
        std::future::pending().await
    })
}

/// A request's body that says whether it was read to its end. When it was not, hyper ends the connection after the
/// answer without a word; a client that is not told would send its next request into it.
struct Watched {
    body: Incoming,
    is_read: Arc<AtomicBool>,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() || self.body.is_end_stream() {
            self.is_read.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn head(response: &Response) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
    // The head of another protocol says itself what becomes of the connection.
    let connection = match response.status() {
        StatusCode::SWITCHING_PROTOCOLS => &b"upgrade"[..],
        _ => &b"close"[..],
    };
    let own = [(CONNECTION.as_str(), connection), (DATE.as_str(), date.as_bytes())];
    let fields = response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    // The body ends with the connection: the length that the router gives an empty body would end it at once.
    let not_ours = |name: &str| ![CONNECTION, DATE, CONTENT_LENGTH].iter().any(|ours| *ours == name);
    for (name, value) in fields.filter(|(name, _)| not_ours(name)).chain(own) {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

async fn hand_over(taken: Taken, permit: OwnedSemaphorePermit) {
    let Taken { mut socket, early, takeover: Takeover { head, taker } } = taken;
    let written = tokio::time::timeout(Duration::from_secs(HEAD_WRITE_SECS), socket.write_all(&head)).await;
    match written.unwrap_or_else(|elapsed| Err(io::Error::from(elapsed))) {
        Ok(()) => taker(TakenOver { socket, permit, early }),
        Err(error) => tracing::debug!(%error, "a reader left before it began"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use axum::routing::get;

    async fn serving(limits: Limits) -> (SocketAddr, Stop) {
        let takes_over = || async {
            let taker = TakeOver::new(|taken| {
                tokio::spawn(async move {
                    let mut socket = taken.socket;
                    let _ = socket.write_all(b"data: raw\n\n").await;
                });
            });
            let mut response = [("content-type", "text/event-stream")].into_response();
            response.extensions_mut().insert(taker);
            response
        };
        let router = Router::new().route("/plain", get(|| async { "plain" })).route("/raw", get(takes_over));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), Stop::new());
        tokio::spawn(serve(listener, router, limits, stop.clone()));
        (address, stop)
    }

    /// Everything the server says to `request` until it closes.
    async fn said(address: SocketAddr, request: &str) -> String {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        let _ = socket.read_to_string(&mut text).await;
        text
    }

    #[tokio::test]
    async fn a_response_takes_its_socket_over_also_on_a_used_connection() {
        let (address, _stop) = serving(Limits::default()).await;
        let text = said(address, "GET /plain HTTP/1.1\r\nhost: x\r\n\r\nGET /raw HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let (plain, raw) = text.split_once("\r\n\r\nplain").unwrap();
        assert!(plain.starts_with("HTTP/1.1 200 OK"), "{text}");
        assert!(raw.starts_with("HTTP/1.1 200 OK") && raw.contains("content-type: text/event-stream\r\n"), "{text}");
        assert!(raw.contains("connection: close\r\n") && raw.ends_with("\r\n\r\ndata: raw\n\n"), "{text}");
    }

    #[tokio::test]
    async fn slow_large_and_odd_heads_are_cut() {
        let limits = Limits { head_read: Duration::from_millis(100), ..Limits::default() };
        let (address, _stop) = serving(limits).await;
        for slow in ["", "G", "GET /plain HTTP/1.1\r\nhost", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
            assert!(!said(address, slow).await.contains(" 200 "), "{slow}");
        }
        let many = format!("GET /plain HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(100));
        let large = format!("GET /plain HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(70_000));
        for bad in [many, large] {
            assert!(said(address, &bad).await.starts_with("HTTP/1.1 431"));
        }
    }

    #[tokio::test]
    async fn an_answer_arrives_though_its_body_was_not_read() {
        let (address, _stop) = serving(Limits::default()).await;
        let body = "x".repeat(1_000_000);
        let request = format!("POST /plain HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        for _ in 0..20 {
            let text = said(address, &request).await;
            assert!(text.starts_with("HTTP/1.1 405") && text.contains("connection: close\r\n"), "{text}");
        }
    }

    #[tokio::test]
    async fn one_connection_too_many_is_told_so() {
        let (address, _stop) = serving(Limits { connections_max: 0, ..Limits::default() }).await;
        assert!(said(address, "").await.starts_with("HTTP/1.1 503"));
    }

    #[tokio::test]
    async fn a_stop_ends_idle_connections() {
        let (address, stop) = serving(Limits { head_read: Duration::from_secs(600), ..Limits::default() }).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET /plain HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut first = [0; 1];
        socket.read_exact(&mut first).await.unwrap();
        stop.ask();
        let mut rest = String::new();
        socket.read_to_string(&mut rest).await.unwrap();
        assert!(rest.ends_with("plain") && stop.finished(Duration::from_secs(5)).await);
    }
}
