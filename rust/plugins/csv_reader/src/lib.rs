//! `libcsv_reader_plugin.so`: CSV as typed batches, held to a contract on the way.
//!
//! `create_reader` reads local files; `create_decoder` takes bytes from whoever has them. Both take the options of the
//! CSV format in `engine.options`, and a `contract`, without which every column is text. `create_counter` and
//! `create_line_counter` say how many records, or JSON Lines, bytes hold.
mod config;
mod counter;
mod decoder;
mod line_counter;
mod reader;

dativo_plugin::export_library!();
dativo_plugin::export_reader!(create_reader, create_reader_kind, reader::CsvReader);
dativo_plugin::export_transform!(
    create_decoder,
    create_decoder_kind,
    dativo_decoding::DecoderStage<decoder::CsvDecoder>
);
dativo_plugin::export_transform!(create_counter, create_counter_kind, counter::Counting<dativo_csv::Counter>);
dativo_plugin::export_transform!(
    create_line_counter,
    create_line_counter_kind,
    counter::Counting<line_counter::LineCounter>
);
