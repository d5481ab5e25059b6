//! What passes on a canvas or thread and is kept nowhere: one message of [`crate::subject::Subject::Passing`].

use crate::event::RawEvent;
use serde::{Deserialize, Serialize};

/// What one edge tells all that have readers there, itself included. Nobody may rely on its arrival.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passing {
    /// Events without `seq` and without `meta.cursor`, for live readers whose channels want them.
    Events(Vec<RawEvent>),
    /// The same, for readers on the WebSocket rail alone: live gestures, unless the tenant's flag shows them on SSE, too.
    WsEvents(Vec<RawEvent>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_read_as_it_is_written() {
        let event = r#"{"v":1,"type":"token_chunk","ts":"2026-11-20T20:13:58.123Z","seq":null,"event_id":"0199a1b2-0000-7000-8000-000000000001","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","ids":{"request_id":null,"correlation_id":null,"run_id":"r","step_id":null},"routing":{"tenant_id":"t_acme","env":"dev","thread_id":"th"},"data":{"run_id":"r","index":1,"text":"Hel"},"meta":{"schema":"token_chunk/1","priority":"info","persist":"never"}}"#;
        for text in [format!(r#"{{"events":[{event}]}}"#), format!(r#"{{"ws_events":[{event}]}}"#)] {
            let passing: Passing = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&passing).unwrap(), text);
        }
    }
}
