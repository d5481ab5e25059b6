//! The documents that a worker remembers between two commands: those used last, up to a size.

use crate::history::Canvas;
use lru::LruCache;
use std::sync::{Mutex, PoisonError};
use subjects::routing::StreamKey;

/// Remembered canvases. One that is worked on is taken out, and put back only once it is durable.
#[derive(Debug)]
pub(crate) struct Documents {
    remembered: Mutex<Remembered>,
    bytes_max: usize,
}

#[derive(Debug)]
struct Remembered {
    canvases: LruCache<StreamKey, Canvas>,
    bytes: usize,
}

/// About what a canvas takes beside its document.
const CANVAS_BYTES: usize = 1_024;

impl Documents {
    /// Remembers up to `bytes_max` of documents.
    pub(crate) fn new(bytes_max: usize) -> Self {
        let remembered = Remembered { canvases: LruCache::unbounded(), bytes: 0 };
        Self { remembered: Mutex::new(remembered), bytes_max }
    }

    /// Takes a canvas out. Whoever changes it in vain only forgets it.
    pub(crate) fn take(&self, key: &StreamKey) -> Option<Canvas> {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let canvas = remembered.canvases.pop(key)?;
        remembered.bytes -= bytes(&canvas);
        Some(canvas)
    }

    /// Remembers a canvas as it durably is, and forgets those used longest ago where there are too many.
    pub(crate) fn put(&self, key: StreamKey, canvas: Canvas) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.bytes += bytes(&canvas);
        if let Some(replaced) = remembered.canvases.put(key, canvas) {
            remembered.bytes -= bytes(&replaced);
        }
        while remembered.bytes > self.bytes_max {
            let Some((_, forgotten)) = remembered.canvases.pop_lru() else { break };
            remembered.bytes -= bytes(&forgotten);
        }
        metrics::gauge!("northstar_documents_bytes").set(remembered.bytes as f64);
    }
}

fn bytes(canvas: &Canvas) -> usize {
    CANVAS_BYTES + canvas.document.bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(canvas: &str) -> StreamKey {
        format!("t_acme.dev.canvas.{canvas}").parse().unwrap()
    }

    #[test]
    fn those_used_last_are_remembered() {
        let documents = Documents::new(2 * CANVAS_BYTES);
        let canvas = |rev| Canvas { rev, ..Canvas::new() };
        documents.put(key("a"), canvas(1));
        documents.put(key("b"), canvas(1));
        documents.put(key("a"), canvas(2));
        documents.put(key("c"), canvas(1));
        let check = |name, expected: Option<u64>| {
            assert_eq!(documents.take(&key(name)).map(|canvas| canvas.rev), expected, "{name}");
        };
        check("a", Some(2));
        check("a", None);
        check("b", None);
        check("c", Some(1));
        assert_eq!(documents.remembered.lock().unwrap().bytes, 0);
    }
}
