//! The codecs, alike.
use dativo_cells::Fault;
use dativo_plugin::Result;
use dativo_plugin::arrow_array::RecordBatch;
use dativo_plugin::arrow_schema::Schema;
use dativo_plugin::files::refusal;
use dativo_plugin::serde_json::{self, Value};

type Blocks = Vec<Vec<u8>>;

/// One output: a file, or a stream.
pub trait Encode: Send + Sized + 'static {
    type Options: Send + 'static;

    fn options(given: &Value) -> Result<Self::Options>;
    fn new(options: &Self::Options, schema: &Schema) -> Self;
    fn encode(&mut self, rows: &RecordBatch) -> std::result::Result<Blocks, Fault>;
}

pub struct Csv(dativo_csv::Encoder);

impl Encode for Csv {
    type Options = dativo_csv::EncodeOptions;

    fn options(given: &Value) -> Result<Self::Options> {
        parse(given)
    }

    fn new(options: &Self::Options, schema: &Schema) -> Self {
        Self(dativo_csv::Encoder::new(options, schema.fields().len()))
    }

    fn encode(&mut self, rows: &RecordBatch) -> std::result::Result<Blocks, Fault> {
        self.0.encode(rows)
    }
}

pub struct Jsonl(dativo_jsonl::Encoder);

impl Encode for Jsonl {
    type Options = dativo_jsonl::EncodeOptions;

    fn options(given: &Value) -> Result<Self::Options> {
        parse(given)
    }

    fn new(options: &Self::Options, schema: &Schema) -> Self {
        Self(dativo_jsonl::Encoder::new(options, schema))
    }

    fn encode(&mut self, rows: &RecordBatch) -> std::result::Result<Blocks, Fault> {
        self.0.encode(rows)
    }
}

fn parse<T: serde::de::DeserializeOwned + Default>(given: &Value) -> Result<T> {
    if given.is_null() {
        return Ok(T::default());
    }
    serde_json::from_value(given.clone()).map_err(|cause| refusal(cause.to_string()))
}
