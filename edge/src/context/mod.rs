//! Who asks, and where: every route learns it here, before anything else happens.

mod caller;
pub mod member;
mod on_canvas;
pub mod request_id;
mod stated;

pub use caller::Caller;
pub use member::Member;
pub use on_canvas::OnCanvas;
pub use request_id::RequestId;
pub use stated::{KEYS, Stated};
