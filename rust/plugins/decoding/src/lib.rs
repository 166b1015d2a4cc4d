//! A decoder of a text format as a transform: bytes in, records out, held to a contract on the way where there is one.
mod content_hash;
mod convert;
mod stage;

pub use convert::{batch_of, failure, gate_of, stamped, unsupported};
pub use stage::{DecoderStage, Records, StreamDecoder};
