use crate::config::options_of;
use dativo_csv::{Counter, Options};
use dativo_decoding::failure;
use dativo_plugin::arrow_array::{Array, BinaryArray, RecordBatch};
use dativo_plugin::arrow_schema::{Schema, SchemaRef};
use dativo_plugin::serde_json::Value;
use dativo_plugin::{Batch, Call, Error, Result, Transform};

/// Name of the source in the metadata of the input's schema.
const SOURCE: &str = "dativo.source";

/// What counts the records of bytes.
pub trait Count: Send + Sized + 'static {
    type Options: Send + 'static;
    fn options(config: &Value) -> Result<Self::Options>;
    fn new(options: &Self::Options, source: String) -> Self;
    fn push(&mut self, bytes: &[u8]) -> Result<()>;
    fn finish(&mut self) -> Result<u64>;
}

/// Takes `{bytes: binary}`, and gives at the end one batch without records that says in `rows_read` how many there are.
pub struct Counting<C: Count> {
    options: C::Options,
    open: Option<C>,
}

impl<C: Count> Transform for Counting<C> {
    fn create(config: &Value) -> Result<Self> {
        Ok(Self { options: C::options(config)?, open: None })
    }

    fn open(&mut self, _: &Call, input: &SchemaRef) -> Result<SchemaRef> {
        let source = input.metadata().get(SOURCE).cloned().unwrap_or_default();
        self.open = Some(C::new(&self.options, source));
        Ok(Schema::empty().into())
    }

    fn apply(&mut self, _: &Call, rows: RecordBatch) -> Result<Vec<Batch>> {
        let counter = self.open.as_mut().ok_or_else(|| Error::config("not open"))?;
        let column = rows.column(0).as_any().downcast_ref::<BinaryArray>();
        let chunks = column.ok_or_else(|| Error::config("the input is one column of bytes"))?;
        (0..chunks.len()).try_for_each(|row| counter.push(chunks.value(row)))?;
        Ok(Vec::new())
    }

    fn flush(&mut self, _: &Call) -> Result<Vec<Batch>> {
        let mut counter = self.open.take().ok_or_else(|| Error::config("not open"))?;
        let rows_read = counter.finish()?;
        let nothing = RecordBatch::new_empty(Schema::empty().into());
        Ok(vec![Batch { rows_read, ..nothing.into() }])
    }
}

impl Count for Counter {
    type Options = Options;

    fn options(config: &Value) -> Result<Options> {
        options_of(config)
    }

    fn new(options: &Options, source: String) -> Self {
        Self::new(options, source)
    }

    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.push(bytes).map_err(failure)
    }

    fn finish(&mut self) -> Result<u64> {
        self.finish().map_err(failure)
    }
}
