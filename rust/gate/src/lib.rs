//! Text becomes typed here, and a contract's rules are held.
//!
//! This crate gives the verdicts, the sentences and the values of the TypeScript gate (`lib/contract/convert.ts` and
//! `transforms/validate`), a column at a time over Arrow buffers. It knows no source format: a codec lends it cells
//! through [`Cells`] and says where a row stands. `test/vectors/` and a differential test hold the two together.

mod base64;
mod bound;
mod column;
mod contract;
mod convert;
mod error;
mod formats;
mod gate;
mod nearest;
mod number;
mod pattern;
mod plain;
mod rules;
mod sequence;
mod shift;
mod show;
mod side_by_side;
pub mod spell;
mod swar;
mod temporal;
mod text;
mod text_set;
mod types;
mod unique;
mod walk;

pub use column::{Cells, Column};
pub use contract::{Contract, Field};
pub use convert::{Cell, Misfit, convert, describe_misfit};
pub use error::GateError;
pub use gate::{Binding, DEFAULT_UNIQUE_BYTES, Fault, Gate, RowFaults};
pub use pattern::translate as translate_pattern;
pub use show::{cell_text, js_number, json_string, shorten, show_text};
pub use side_by_side::side_by_side;
pub use text::Text;
pub use types::DataType;
