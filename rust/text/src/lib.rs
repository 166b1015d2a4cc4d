//! What the decoders of text formats share.

mod decoded;
mod error;
pub mod head;
pub mod lines;

pub use decoded::{Decoded, RejectedRecord};
pub use error::TextError;
