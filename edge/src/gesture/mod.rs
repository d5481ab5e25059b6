//! Gestures: what a hand does on a canvas before anything is changed, shown to the others while it lasts.
//!
//! A gesture is checked ([`send`]), waits in the [`outbox`] until the next message of its canvas, where a newer one of its
//! kind takes its place, and goes out in [`fan_out`]. Nobody waits for it: not a commit, and not the one who made it.
//!
//! While a graft is open on the canvas that records gestures, each is also put on a [`tape`] before anything takes its
//! place, and [`recorder`] hands the tape to the bus. In a graft that others see only afterwards, it goes nowhere else.

mod fan_out;
mod outbox;
mod recorder;
mod send;
mod tape;

pub use fan_out::Gestures;
pub use recorder::Recorder;
pub use send::send;
pub use subjects::frames::Gesture as GestureAsk;
