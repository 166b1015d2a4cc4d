//! `libtext_writer_plugin.so`: records as CSV (`create_csv_encoder`) and as JSON Lines (`create_jsonl_encoder`).
//!
//! Transforms that take records and give `{bytes: binary}`, a block of text each. `engine.options` are those of the
//! format; a header is the host's. With `checksums: true` in the configuration, what is given when the records have ended is a
//! JSON array that says what each column held.
mod encode;
mod encoder;

use encode::{Csv, Jsonl};
use encoder::TextEncoder;

dativo_plugin::export_library!();
dativo_plugin::export_transform!(create_csv_encoder, create_csv_encoder_kind, TextEncoder<Csv>);
dativo_plugin::export_transform!(create_jsonl_encoder, create_jsonl_encoder_kind, TextEncoder<Jsonl>);
