//! `libcsv_reader_plugin.so`: CSV as typed batches, held to a contract on the way.
//!
//! `create_reader` reads local files; `create_decoder` takes bytes from whoever has them. Both take the options of the
//! CSV format in `engine.options`, and a `contract`, without which every column is text.
mod config;
mod content_hash;
mod convert;
mod decoder;
mod reader;

dativo_plugin::export_library!();
dativo_plugin::export_reader!(create_reader, create_reader_kind, reader::CsvReader);
dativo_plugin::export_transform!(create_decoder, create_decoder_kind, decoder::CsvDecoder);
