//! The description of both rails, made from the types: `/asyncapi.json`.

mod messages;

use axum::Router;
use axum::routing::get;
use messages::{Catalogue, Message};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use subjects::limits::{WS_FRAME_BYTES_MAX, WS_SUBSCRIPTIONS_MAX};

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// `/asyncapi.json`.
pub fn docs() -> Router {
    let document = async || ([("content-type", "application/json")], DOCUMENT.as_str());
    Router::new().route("/asyncapi.json", get(document))
}

/// How a rail is reached, and who says what on it.
struct Channel {
    name: &'static str,
    address: &'static str,
    description: &'static str,
    parameter: Option<&'static str>,
    said: fn(&Catalogue) -> &[Message],
    heard: fn(&Catalogue) -> &[Message],
}

/// Every way to read and to speak.
const CHANNELS: [Channel; 6] = [
    Channel {
        name: "sse_canvas",
        address: "/sse/canvas/{canvas_id}",
        description: "What becomes true on a canvas, as Server-Sent Events.",
        parameter: Some("canvas_id"),
        said: |catalogue| &catalogue.sse,
        heard: |_| &[],
    },
    Channel {
        name: "sse_chat",
        address: "/sse/chat/{thread_id}",
        description: "What is said in a thread, as Server-Sent Events.",
        parameter: Some("thread_id"),
        said: |catalogue| &catalogue.sse,
        heard: |_| &[],
    },
    Channel {
        name: "sse_replay",
        address: "/sse/replay/{artifact_id}",
        description: "A graft, played back, as Server-Sent Events.",
        parameter: Some("artifact_id"),
        said: |catalogue| &catalogue.replay,
        heard: |_| &[],
    },
    Channel {
        name: "sse_audit",
        address: "/sse/audit",
        description: "What gets its place in the audit log of the tenant and env, as Server-Sent Events.",
        parameter: None,
        said: |catalogue| &catalogue.audit,
        heard: |_| &[],
    },
    Channel {
        name: "ws",
        address: "/ws",
        description: "A WebSocket for any number of canvases and threads.",
        parameter: None,
        said: |catalogue| &catalogue.ws,
        heard: |catalogue| &catalogue.client,
    },
    Channel {
        name: "ws_chat",
        address: "/ws/chat/{thread_id}",
        description: "The same, with one thread subscribed at once: its `subscribed` has the id `open`.",
        parameter: Some("thread_id"),
        said: |catalogue| &catalogue.ws,
        heard: |catalogue| &catalogue.client,
    },
];

fn document() -> Value {
    let catalogue = Catalogue::new();
    let channels: Map<_, _> =
        CHANNELS.iter().map(|channel| (channel.name.into(), channel.describe(&catalogue))).collect();
    let operations: Map<_, _> = CHANNELS.iter().flat_map(|channel| channel.operations(&catalogue)).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": { "title": "Northstar rails", "version": "1", "description": about() },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": catalogue.components(),
    })
}

fn about() -> String {
    format!(
        "Streams of what happens on canvases and in threads. Whoever connects states tenant and env, and shows a token. \
         On SSE each message is an event: its name stands on the `event:` line, its payload on `data:`, and the cursor \
         after it on `id:`. On a WebSocket each message is a text frame of at most {WS_FRAME_BYTES_MAX} bytes, and a \
         connection holds at most {WS_SUBSCRIPTIONS_MAX} subscriptions. Every frame of a client is answered by one with its \
         `id`. Events that pass and were dropped for a slow reader are counted in `meta.dropped` of the next that passes. \
         Close codes 4000 to 4499 say to come back, 4500 to 4999 not to: 4001 the node stops, 4002 the peer was silent, \
         4003 it took nothing, 4401 the token ended. 1002, 1003, 1007 and 1009 are by RFC 6455: the client broke the \
         protocol, sent no text, no UTF-8, or too much."
    )
}

impl Channel {
    fn describe(&self, catalogue: &Catalogue) -> Value {
        let messages = [(self.said)(catalogue), (self.heard)(catalogue)].concat();
        let messages: Map<_, _> = messages
            .iter()
            .map(|message| (message.name.clone(), json!({ "$ref": format!("#/components/messages/{}", message.name) })))
            .collect();
        let parameters: Map<_, _> =
            self.parameter.iter().map(|name| ((*name).into(), json!({ "description": "Which one." }))).collect();
        json!({ "address": self.address, "description": self.description, "parameters": parameters, "messages": messages })
    }

    fn operations(&self, catalogue: &Catalogue) -> Vec<(String, Value)> {
        let operation = |action: &str, verb: &str, messages: &[Message]| {
            let messages: Vec<_> = messages
                .iter()
                .map(|message| json!({ "$ref": format!("#/channels/{}/messages/{}", self.name, message.name) }))
                .collect();
            let channel = json!({ "$ref": format!("#/channels/{}", self.name) });
            (format!("{}_{verb}", self.name), json!({ "action": action, "channel": channel, "messages": messages }))
        };
        // As AsyncAPI 3 says it: from the side of this application.
        let mut operations = vec![operation("send", "says", (self.said)(catalogue))];
        if !(self.heard)(catalogue).is_empty() {
            operations.push(operation("receive", "hears", (self.heard)(catalogue)));
        }
        operations
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ApiError;
    use subjects::code::Code;
    use subjects::event::EventType;
    use subjects::frames::{AskType, ClientFrame, ServerFrame};
    use uuid::Uuid;

    fn is_valid(schema: &str, value: &Value) -> bool {
        let document = document();
        let root = json!({ "$ref": format!("#/components/schemas/{schema}"), "components": document["components"] });
        jsonschema::validator_for(&root).unwrap().is_valid(value)
    }

    #[test]
    fn every_reference_is_there() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(members) => {
                    found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    members.values().for_each(|value| references(value, found));
                }
                Value::Array(values) => values.iter().for_each(|value| references(value, found)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        let (document, mut found) = (document(), Vec::new());
        references(&document, &mut found);
        assert!(found.len() > 50);
        for reference in found {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_type_is_a_message() {
        let document = document();
        let messages = document["components"]["messages"].as_object().unwrap();
        for event_type in EventType::ALL {
            assert!(messages.contains_key(event_type.as_str()), "{}", event_type.as_str());
        }
        assert!(messages.contains_key("client_subscribe") && messages.contains_key("ws_subscribed"));
    }

    #[test]
    fn what_the_types_say_is_what_is_described() {
        let frame = ServerFrame::Pong { id: "1".into() };
        assert!(is_valid("FromServer", &serde_json::to_value(frame).unwrap()));
        let refusal = ApiError::not_found().with("at", "x").frame(None);
        assert!(is_valid("FromServer", &serde_json::to_value(refusal).unwrap()));
        assert!(!is_valid("FromServer", &json!({ "type": "pong" })), "an answer has a name");
        assert!(!is_valid("FromServer", &json!({ "type": "error", "id": null, "code": "NONSENSE", "detail": "" })));
        let event = json!({
            "v": 1, "type": "error", "ts": "2026-11-20T20:13:58.123Z", "seq": 1, "event_id": Uuid::nil(), "trace_id": "",
            "span_id": "", "ids": { "request_id": null, "correlation_id": null, "run_id": null, "step_id": null },
            "routing": { "tenant_id": "t_a", "env": "dev" }, "data": {},
            "meta": { "schema": "error/1", "priority": "truth", "persist": "always", "cursor": "c" }
        });
        assert!(is_valid("FromServer", &event));
        let mut nonsense = event;
        nonsense["type"] = json!("nonsense");
        assert!(!is_valid("FromServer", &nonsense));
    }

    #[test]
    fn what_is_described_is_what_is_read() {
        for (text, is_frame) in [
            (json!({ "id": "1", "type": AskType::Ping }), true),
            (json!({ "id": "1", "type": "subscribe", "canvas_id": "c", "cursor": null }), true),
            (json!({ "id": "1", "type": "auth", "token": "x" }), true),
            (json!({ "id": "1", "type": "publish", "thread_id": "t", "event": "chat_message", "data": {} }), true),
            (json!({ "id": "1", "type": "presence", "canvas_id": "c", "state": null }), true),
            (json!({ "id": "1", "type": "auth" }), false),
            (json!({ "type": "ping" }), false),
            (json!({ "id": "1", "type": "nonsense" }), false),
        ] {
            assert_eq!(ClientFrame::read(&text.to_string()).is_ok(), is_frame, "{text}");
            assert_eq!(is_valid("FromClient", &text), is_frame, "{text}");
        }
        assert!(Code::ALL.len() > 20);
    }
}
