//! `libjsonl_reader_plugin.so`: JSON Lines as typed batches, held to a contract on the way, or as the JSON text of every
//! value where there is none. `create_decoder` takes bytes from whoever has them, and the options of the format.
mod decoder;

dativo_plugin::export_library!();
dativo_plugin::export_transform!(
    create_decoder,
    create_decoder_kind,
    dativo_decoding::DecoderStage<decoder::JsonlDecoder>
);
