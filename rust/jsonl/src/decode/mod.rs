//! JSON Lines → typed Arrow batches and rejects, or the JSON text of every value where there is no contract.
//!
//! Verdicts, values and places are those of the TypeScript format (`lib/formats/jsonl`) and of its gate, which
//! differential tests hold it to. A line is read once, into the places of its values; columns are then filled one after
//! another straight from the bytes.

mod canonical;
mod cells;
mod decoder;
mod error;
mod line;
mod names;
mod number;
mod options;
mod scan;
mod settled;
mod table;
mod text;
mod texts;

pub use decoder::Decoder;
pub use error::JsonlError;
pub use options::Options;
