//! JSON Lines without files: bytes ⇄ Arrow batches.

pub mod decode;
mod encoder;

pub use encoder::{EncodeOptions, Encoder, Layout};
