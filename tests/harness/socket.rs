//! A WebSocket of a ready-made client: asks, is answered by name, and sees what it subscribed to.

use crate::ask::Ask;
use crate::catalogue;
use crate::reader::Event;
use crate::until::{SOON, within};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use subjects::event::StreamEvent;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// A socket that is to be opened.
#[derive(Debug, Clone)]
pub struct Dial(Ask);

/// An open WebSocket. It is read only when it is asked; pings are answered while it is.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// The subprotocol that the edge chose.
    pub protocol: Option<String>,
    /// The last text off the wire, as it came.
    pub last_text: String,
    asked: u64,
    /// What came while an answer was awaited.
    early: VecDeque<Value>,
    last_seqs: HashMap<String, u64>,
}

/// Why no socket was opened.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The code of the problem, where there is one.
    pub code: Option<String>,
}

impl Dial {
    /// A socket by this request, whatever it says.
    pub fn of(ask: Ask) -> Self {
        Self::new(ask)
    }

    pub(crate) fn new(ask: Ask) -> Self {
        Self(ask)
    }

    /// With changes to the request.
    #[must_use]
    pub fn with(self, change: impl FnOnce(Ask) -> Ask) -> Self {
        Self(change(self.0))
    }

    /// From a page of this origin.
    #[must_use]
    pub fn from_origin(self, origin: &str) -> Self {
        self.with(|ask| ask.header("origin", origin))
    }

    /// Offers these subprotocols.
    #[must_use]
    pub fn offers(self, protocols: &str) -> Self {
        self.with(|ask| ask.header("sec-websocket-protocol", protocols))
    }

    /// With one more query parameter.
    #[must_use]
    pub fn query(self, name: &str, value: &str) -> Self {
        self.with(|ask| ask.query(name, value))
    }

    /// Opens it.
    pub async fn opens(self) -> Socket {
        self.tries().await.unwrap_or_else(|refused| panic!("no socket: {refused:?}"))
    }

    /// Opens it, or is refused.
    pub async fn tries(self) -> Result<Socket, Refused> {
        self.0.learns_the_catalogue().await;
        let url = self.0.url().replacen("http://", "ws://", 1);
        let address = url.split('/').nth(2).expect("a host and a port").to_owned();
        let mut request = url.into_client_request().expect("a request");
        for (name, value) in self.0.headers() {
            let name = HeaderName::try_from(name.as_str()).expect("the name of a header");
            request.headers_mut().append(name, HeaderValue::from_bytes(value).expect("the value of a header"));
        }
        let socket = TcpStream::connect(address).await.expect("an edge listens");
        match within(SOON, "a handshake", client_async(request, socket)).await {
            Ok((stream, response)) => {
                let protocol = response.headers().get("sec-websocket-protocol");
                let protocol = protocol.and_then(|value| value.to_str().ok()).map(str::to_owned);
                Ok(Socket {
                    stream,
                    protocol,
                    last_text: String::new(),
                    asked: 0,
                    early: VecDeque::new(),
                    last_seqs: HashMap::new(),
                })
            }
            Err(Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                let problem: Option<Value> = serde_json::from_slice(body).ok();
                let code = problem.and_then(|problem| problem["code"].as_str().map(str::to_owned));
                Err(Refused { status: response.status().as_u16(), code })
            }
            Err(error) => panic!("no handshake: {error:?}"),
        }
    }
}

impl Socket {
    /// Sends a frame under a new name, and gives the answer. What comes before it is kept for later.
    pub async fn asks(&mut self, frame: Value) -> Value {
        let id = self.sends(frame).await;
        self.is_answered(&id).await
    }

    /// Sends a frame under a new name; gives the name.
    pub async fn sends(&mut self, mut frame: Value) -> String {
        self.asked += 1;
        let id = format!("f{}", self.asked);
        frame["id"] = json!(id);
        self.says(&frame.to_string()).await;
        id
    }

    /// Sends this text, whatever it is.
    pub async fn says(&mut self, text: &str) {
        self.puts(Message::Text(text.into())).await;
    }

    /// Sends this message, whatever it is.
    pub async fn puts(&mut self, message: Message) {
        within(SOON, "the edge takes a frame", self.stream.send(message)).await.expect("an open socket");
    }

    /// The answer to the frame of this name. What comes before it is kept for later.
    pub async fn is_answered(&mut self, id: &str) -> Value {
        let is_it = |frame: &Value| frame["id"] == json!(id) && frame["v"].is_null();
        if let Some(at) = self.early.iter().position(is_it) {
            return self.early.remove(at).expect("it is there");
        }
        loop {
            let frame = self.hears().await.unwrap_or_else(|why| panic!("closed before {id} was answered: {why:?}"));
            if is_it(&frame) {
                return frame;
            }
            self.early.push_back(frame);
        }
    }

    /// Subscribes; gives the `subscribed`.
    pub async fn subscribes(&mut self, mut to: Value) -> Value {
        to["type"] = json!("subscribe");
        let answer = self.asks(to).await;
        assert_eq!(answer["type"], "subscribed", "{answer}");
        answer
    }

    /// Asks, and is refused with this code; gives the whole answer.
    pub async fn is_refused(&mut self, frame: Value, code: subjects::code::Code) -> Value {
        let answer = self.asks(frame).await;
        assert_eq!((&answer["type"], &answer["code"]), (&json!("error"), &json!(code.as_str())), "{answer}");
        answer
    }

    /// The next frame, of whatever kind.
    pub async fn next_frame(&mut self) -> Value {
        self.tries_next().await.unwrap_or_else(|why| panic!("the socket stays open: {why:?}"))
    }

    /// The next frame, or why the socket was closed.
    pub async fn tries_next(&mut self) -> Result<Value, Option<CloseFrame>> {
        match self.early.pop_front() {
            Some(frame) => Ok(frame),
            None => self.hears().await,
        }
    }

    /// The next event. Nothing else may come before it.
    pub async fn next_event(&mut self) -> Event {
        let frame = self.next_frame().await;
        let body: StreamEvent<Value> =
            serde_json::from_value(frame.clone()).unwrap_or_else(|error| panic!("no event: {error}: {frame}"));
        if let Some(seq) = body.seq {
            let keys = &body.routing.keys;
            let of = format!("{:?} {:?}", keys.canvas_id, keys.thread_id);
            let after = self.last_seqs.insert(of, seq);
            assert!(after.is_none_or(|last| seq > last), "{seq} came after {after:?}");
        }
        Event { body }
    }

    /// The next event of this type; others are passed over.
    pub async fn next_of(&mut self, event_type: subjects::event::EventType) -> Event {
        loop {
            let event = self.next_event().await;
            if event.body.event_type == event_type {
                return event;
            }
        }
    }

    /// Reads until it is closed, which must come; gives what was said on the way, and the code and the reason.
    pub async fn sees_it_close(&mut self) -> (Vec<Value>, u16, String) {
        let mut said = Vec::new();
        loop {
            match self.tries_next().await {
                Ok(frame) => said.push(frame),
                Err(Some(frame)) => return (said, frame.code.into(), frame.reason.to_string()),
                Err(None) => panic!("closed without a reason, after {said:?}"),
            }
        }
    }

    /// Closes it, and waits until the edge has closed, too.
    pub async fn closes(mut self) {
        // The edge may have closed first.
        let _ = self.stream.close(None).await;
        let rest = async { while self.stream.next().await.is_some_and(|heard| heard.is_ok()) {} };
        within(SOON, "the edge closes", rest).await;
    }

    /// The next frame off the wire.
    async fn hears(&mut self) -> Result<Value, Option<CloseFrame>> {
        loop {
            let message = within(SOON, "something on the socket", self.stream.next()).await;
            match message {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                    catalogue::check_frame(&frame);
                    self.last_text = text.to_string();
                    return Ok(frame);
                }
                Some(Ok(Message::Close(why))) => return Err(why),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => panic!("the edge says only texts, not {other:?}"),
                Some(Err(_)) | None => return Err(None),
            }
        }
    }
}
