use crate::config::options_of;
use dativo_csv::{CsvError, Decoder, Options};
use dativo_decoding::{Records, StreamDecoder};
use dativo_gate::Gate;
use dativo_plugin::Result;
use dativo_plugin::arrow_schema::SchemaRef;
use dativo_plugin::serde_json::Value;
use dativo_text::Decoded;

/// CSV from whoever has the bytes.
pub struct CsvDecoder(Decoder);

impl StreamDecoder for CsvDecoder {
    type Options = Options;
    type Error = CsvError;
    const LEXICAL: &'static str = "text";

    fn options(config: &Value) -> Result<Options> {
        options_of(config)
    }

    /// The columns are those of the header, which is read once more. Text has no types to be settled.
    fn new(options: &Options, records: Records, source: &str) -> std::result::Result<Self, CsvError> {
        let gate = if let Records::Held(gate) = records { Some(gate) } else { None };
        Ok(Self(Decoder::new(options, gate, source)))
    }

    fn schema(&self) -> Option<SchemaRef> {
        None
    }

    fn push(&mut self, bytes: &[u8], out: &mut Vec<Decoded>) -> std::result::Result<(), CsvError> {
        self.0.push(bytes, out)
    }

    fn finish(&mut self, out: &mut Vec<Decoded>) -> std::result::Result<(), CsvError> {
        self.0.finish(out)
    }

    fn take_warnings(&mut self) -> Vec<String> {
        self.0.take_warnings()
    }

    fn into_gate(self) -> Option<Gate> {
        self.0.into_gate()
    }
}
