//! Why a connection is closed by us: a closed list, each with a code that says whether to come back.

use crate::access::Ending;
use tungstenite::protocol::CloseFrame;

/// Why a connection is closed by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    /// This edge stops.
    Draining,
    /// The peer was silent for too long.
    Silent,
    /// The peer took nothing of what waits for it for too long.
    Stalled,
    /// What lets it stay has ended.
    Ended(Ending),
    /// A frame was larger than allowed.
    TooLarge,
    /// A frame was not text.
    NotText,
    /// A text was not UTF-8.
    NotUtf8,
    /// The peer does not speak the protocol.
    Protocol,
}

impl Close {
    /// The code: 4000 to 4499 come back, 4500 to 4999 do not. Who breaks the protocol itself gets its own code, by RFC
    /// 6455, section 7.4.1, and had better not come back as it is.
    pub(super) const fn code(self) -> u16 {
        match self {
            Close::Draining => 4001,
            Close::Silent => 4002,
            Close::Stalled => 4003,
            Close::Ended(ending) => ending.close_code(),
            Close::Protocol => 1002,
            Close::NotText => 1003,
            Close::NotUtf8 => 1007,
            Close::TooLarge => 1009,
        }
    }

    /// The same in a word.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Close::Draining => "DRAINING",
            Close::Silent => "SILENT",
            Close::Stalled => "STALLED",
            Close::Ended(ending) => ending.code().as_str(),
            Close::Protocol => "PROTOCOL",
            Close::NotText => "NOT_TEXT",
            Close::NotUtf8 => "NOT_UTF8",
            Close::TooLarge => "TOO_LARGE",
        }
    }

    /// The frame that says so.
    pub(super) fn frame(self) -> CloseFrame {
        CloseFrame { code: self.code().into(), reason: self.reason().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_says_whether_to_come_back() {
        for close in [Close::Draining, Close::Silent, Close::Stalled, Close::Ended(Ending::Expired)] {
            assert!((4000..4500).contains(&close.code()), "{close:?}");
        }
        for ending in [Ending::Revoked, Ending::Removed, Ending::Disabled, Ending::Moved] {
            assert!((4500..5000).contains(&Close::Ended(ending).code()), "{ending:?}");
        }
    }
}
