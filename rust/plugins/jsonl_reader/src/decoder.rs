use dativo_decoding::{Records, StreamDecoder};
use dativo_gate::Gate;
use dativo_jsonl::decode::{Decoder, JsonlError, Options};
use dativo_plugin::Result;
use dativo_plugin::arrow_schema::SchemaRef;
use dativo_plugin::files::refusal;
use dativo_plugin::serde_json::{self, Value, json};
use dativo_text::Decoded;

/// JSON Lines from whoever has the bytes.
pub struct JsonlDecoder(Decoder);

impl StreamDecoder for JsonlDecoder {
    type Options = Options;
    type Error = JsonlError;
    const LEXICAL: &'static str = "json";

    fn options(config: &Value) -> Result<Options> {
        let given = match &config["engine"]["options"] {
            Value::Null => json!({}),
            given => given.clone(),
        };
        let options: Options = serde_json::from_value(given).map_err(|cause| refusal(cause.to_string()))?;
        if options.batch_rows == 0 { Err(refusal("batch_rows is a number of 1 or more")) } else { Ok(options) }
    }

    fn new(options: &Options, records: Records, source: &str) -> std::result::Result<Self, JsonlError> {
        Ok(Self(match records {
            Records::Held(gate) => Decoder::new(options, Some(gate), source, &[]),
            Records::Settled(columns) => Decoder::settled(options, source, &columns)?,
            Records::Untyped(columns) => Decoder::new(options, None, source, &columns),
        }))
    }

    fn schema(&self) -> Option<SchemaRef> {
        self.0.schema()
    }

    fn push(&mut self, bytes: &[u8], out: &mut Vec<Decoded>) -> std::result::Result<(), JsonlError> {
        self.0.push(bytes, out)
    }

    fn finish(&mut self, out: &mut Vec<Decoded>) -> std::result::Result<(), JsonlError> {
        self.0.finish(out)
    }

    fn take_warnings(&mut self) -> Vec<String> {
        self.0.take_warnings()
    }

    fn into_gate(self) -> Option<Gate> {
        self.0.into_gate()
    }
}
