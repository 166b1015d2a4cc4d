//! `libtext_writer_plugin.so`: records as CSV (`create_csv_encoder`), as JSON Lines (`create_jsonl_encoder`) and as elements of a
//! JSON array (`create_json_encoder`).
//!
//! Transforms that take records and give `{bytes: binary}`, a block of text each. `engine.options` are those of the
//! format; what stands before the first record and behind the last is the host's. With `checksums: true` in the configuration,
//! what is given when the records have ended is a JSON array that says what each column held.
mod encode;
mod encoder;

use encode::{Csv, Json, Jsonl};
use encoder::TextEncoder;

dativo_plugin::export_library!();
dativo_plugin::export_transform!(create_csv_encoder, create_csv_encoder_kind, TextEncoder<Csv>);
dativo_plugin::export_transform!(create_jsonl_encoder, create_jsonl_encoder_kind, TextEncoder<Jsonl>);
dativo_plugin::export_transform!(create_json_encoder, create_json_encoder_kind, TextEncoder<Json>);
