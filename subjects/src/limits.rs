//! The limits of contract section 10 that do not differ between deployments.

/// The largest event, as JSON.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;
/// The largest command, as JSON.
pub const COMMAND_BYTES_MAX: usize = 512 * 1024;
/// The most operations of one command.
pub const COMMAND_OPS_MAX: usize = 512;
/// The longest idempotency key, in characters.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 128;
/// The longest label or reason of an intent, in characters.
pub const INTENT_CHARS_MAX: usize = 2_000;
/// The most commands that travel in one message.
pub const BATCH_COMMANDS_MAX: usize = 64;
/// The largest message on the bus, below the server's `max_payload` of 1 MiB.
pub const MESSAGE_BYTES_MAX: usize = 768 * 1024;
/// The largest frame of a WebSocket's client, in bytes; of a message in several frames, all of them.
pub const WS_FRAME_BYTES_MAX: usize = 256 * 1024;
/// The most subscriptions of one WebSocket.
pub const WS_SUBSCRIPTIONS_MAX: usize = 1_000;
/// The most entries of one page of a list.
pub const PAGE_MAX: usize = 200;
/// The entries of a page when nothing is asked for.
pub const PAGE_DEFAULT: usize = 50;
/// Commits between two snapshots of a canvas.
pub const SNAPSHOT_EVERY_REVS: u64 = 256;
/// The largest object, in bytes.
pub const OBJECT_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// Objects above this are uploaded in parts of this size, in bytes.
pub const PART_BYTES: u64 = 64 * 1024 * 1024;
/// The largest body whose content becomes an object at once, in bytes.
pub const INLINE_BYTES_MAX: usize = 1024 * 1024;
/// How long a request that is signed for a client may be sent, in seconds.
pub const SIGNED_SECS: u64 = 300;
/// The longest file name, in bytes.
pub const FILENAME_BYTES_MAX: usize = 255;
/// The most that an object may be made of.
pub const PARENTS_MAX: usize = 64;
/// The most uploads of a tenant and env that may be awaited at once.
pub const UPLOADS_PENDING_MAX: u64 = 10_000;
