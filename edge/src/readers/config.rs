//! How readers are kept.

use std::time::Duration;

/// How readers are kept.
#[derive(clap::Args, Clone, Debug)]
pub struct ReadersConfig {
    /// How long a stopping edge takes to send its readers away, one after the other, in milliseconds.
    #[arg(long, env = "NORTHSTAR_DRAIN_MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(0..=15_000))]
    pub drain_ms: u64,
    /// How long a reader may take nothing of what waits for it before its stream is closed, in seconds.
    #[arg(long, env = "NORTHSTAR_READER_STALL_SECS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(5..=3_600))]
    pub reader_stall_secs: u64,
    /// How long the peer of a WebSocket may be silent, pings unanswered, before it is closed, in seconds.
    #[arg(long, env = "NORTHSTAR_WS_SILENCE_SECS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub ws_silence_secs: u64,
}

impl ReadersConfig {
    /// [`ReadersConfig::drain_ms`].
    pub fn drain(&self) -> Duration {
        Duration::from_millis(self.drain_ms)
    }

    /// [`ReadersConfig::ws_silence_secs`].
    pub fn silence(&self) -> Duration {
        Duration::from_secs(self.ws_silence_secs)
    }

    /// [`ReadersConfig::reader_stall_secs`].
    pub fn stall(&self) -> Duration {
        Duration::from_secs(self.reader_stall_secs)
    }
}
