//! Cells of Arrow columns as text: what the encoders of text formats have in common.
//!
//! What comes out is what `lib/formats/text/json-writer.ts` makes of the same cells, byte for byte; a differential test
//! holds the encoders to it. Columns are of the types that Dativo gives its own (`lib/formats/arrow/arrow-type.ts`).

mod base64;
mod blocks;
mod column;
mod fault;
mod json;
mod json_text;
mod special;

pub use base64::push_base64;
pub use blocks::Blocks;
pub use column::{Column, Texts, Values};
pub use fault::Fault;
pub use json::{JsonStyle, NonFinite, push_json_string};
pub use json_text::push_compact;

/// Why a cell has no text; it goes on after the name of the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit(pub String);
