//! CSV without files: bytes in, typed Arrow batches and rejects out.
//!
//! Verdicts, texts and places are those of the TypeScript format (`lib/formats/csv`), which a differential test holds
//! it to. An index finds the ends of fields 64 bytes at a time; columns are then filled one after another straight
//! from it. Whatever is not plain goes through a careful scanner, one record at a time.

mod cells;
mod chunk;
mod decoder;
mod errors;
mod head;
mod header;
mod index;
mod lines;
mod nulls;
mod options;
mod scanner;
mod table;

pub use decoder::{Decoded, Decoder, RejectedRecord};
pub use errors::{CsvError, CsvErrorKind, Place};
pub use index::{Engine, Index};
pub use options::{Dialect, Options};
