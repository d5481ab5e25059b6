//! Who asks, and where: every route learns it here, before anything else happens.

mod caller;
mod home;
pub mod member;
mod on_canvas;
mod on_thread;
pub mod request_id;
mod stated;

pub use caller::Caller;
pub use member::Member;
pub use on_canvas::OnCanvas;
pub use on_thread::OnThread;
pub use request_id::RequestId;
pub use stated::Stated;
