//! Any text, opened as a cursor, is forged or is the very text that its cursor seals to.
//!
//! `cargo +nightly fuzz run cursor`. The tests of `subjects::cursor` ask the same of fewer texts.
#![no_main]

use subjects::cursor::Cursor;
use subjects::routing::StreamKey;
use subjects::seal::SealKey;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let key = SealKey::new(b"secret");
    let stream: StreamKey = "t_acme.dev.canvas.c1".parse().expect("a stream key");
    if let Ok(cursor) = Cursor::open(text, &key, &stream) {
        assert_eq!(cursor.seal(&key, &stream), text);
    }
});
