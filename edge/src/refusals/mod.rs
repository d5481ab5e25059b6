//! What is refused here, before any worker is asked, is audited like everything else: it travels through the bus into the
//! tenant's log. What workers refuse they put down themselves.

mod notes;
mod teller;
mod witness;

pub use notes::{Note, Refused};
pub use teller::Refusals;
pub use witness::{Witness, audited};
