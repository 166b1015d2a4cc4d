//! CSV without files: bytes in, typed Arrow batches and rejects out, and back.
//!
//! Verdicts, texts and places are those of the TypeScript format (`lib/formats/csv`), which a differential test holds
//! it to. An index finds the ends of fields 64 bytes at a time; columns are then filled one after another straight
//! from it. Whatever is not plain goes through a careful scanner, one record at a time.

mod cells;
mod chunk;
mod counter;
mod decoder;
mod encoder;
mod errors;
mod header;
mod index;
mod nulls;
mod options;
mod scanner;
mod table;

pub use counter::Counter;
pub use dativo_text::head::{HEAD_BYTES, inspect_head};
pub use dativo_text::{Decoded, RejectedRecord};
use dativo_text::{head, lines};
pub use decoder::Decoder;
pub use encoder::{EncodeOptions, Encoder};
pub use errors::{CsvError, CsvErrorKind, Place};
pub use index::{Engine, Index};
pub use options::{Dialect, Options};
