//! The codecs, alike.
use dativo_cells::Fault;
use dativo_jsonl::Layout;
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

/// Records as JSON objects: one a line, or as elements of an array.
pub struct Objects<const ARE_LINES: bool>(dativo_jsonl::Encoder);

pub type Jsonl = Objects<true>;
pub type Json = Objects<false>;

impl<const ARE_LINES: bool> Encode for Objects<ARE_LINES> {
    type Options = dativo_jsonl::EncodeOptions;

    fn options(given: &Value) -> Result<Self::Options> {
        parse(given)
    }

    fn new(options: &Self::Options, schema: &Schema) -> Self {
        let layout = if ARE_LINES { Layout::Lines } else { Layout::Elements };
        Self(dativo_jsonl::Encoder::new(options, schema, layout))
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
