use crate::convert::{batch_of, failure, gate_of, stamped};
use dativo_gate::Gate;
use dativo_plugin::arrow_array::{Array, BinaryArray, RecordBatch};
use dativo_plugin::arrow_schema::{DataType, Field, Schema, SchemaRef};
use dativo_plugin::serde_json::{self, Value, json};
use dativo_plugin::{Batch, Call, Error, Result, Transform};
use dativo_text::{Decoded, TextError};
use std::collections::HashMap;

/// Name of the source in the metadata of the input's schema.
const SOURCE: &str = "dativo.source";
/// The columns of the source there, as a JSON array, where no contract names them.
const COLUMNS: &str = "dativo.columns";
/// The types that the host has read off the first records, in the order of the columns, where it has.
const TYPES: &str = "dativo.types";
/// Says in the metadata of a batch that its values have no types, though those of others have.
const UNTYPED: &str = "dativo.untyped";
/// Says in the metadata of a field what its cells are that have no type yet.
const LEXICAL: &str = "dativo.lexical";
/// Says in the metadata of the last field that it holds members which have no column yet.
const EXTRA: &str = "dativo.extra";

/// What records are read as.
pub enum Records {
    /// As a contract says.
    Held(Gate),
    /// With the columns that the host has found, and the types that it has read off their first values. A batch with
    /// something else has no types.
    Settled(Vec<(String, String)>),
    /// With the columns that the host has found, untyped.
    Untyped(Vec<String>),
}

/// A decoder of one source: bytes in order, cut anywhere, and the records found in them.
pub trait StreamDecoder: Send + Sized + 'static {
    type Options: Send;
    type Error: Into<TextError>;
    /// What a cell is that has no type yet: `text`, or `json`.
    const LEXICAL: &'static str;

    fn options(config: &Value) -> Result<Self::Options>;
    fn new(options: &Self::Options, records: Records, source: &str) -> std::result::Result<Self, Self::Error>;
    /// What all records have that are not handed on without types; undefined where none have types.
    fn schema(&self) -> Option<SchemaRef>;
    fn push(&mut self, bytes: &[u8], out: &mut Vec<Decoded>) -> std::result::Result<(), Self::Error>;
    fn finish(&mut self, out: &mut Vec<Decoded>) -> std::result::Result<(), Self::Error>;
    fn take_warnings(&mut self) -> Vec<String>;
    fn into_gate(self) -> Option<Gate>;
}

/// Takes `{bytes: binary}`, gives the records of the contract, or untyped columns where there is none. It is opened anew
/// for each source; what must be unique is so over all of them.
///
/// A batch without a contract may have columns behind those that the host has found, or no types where it has told
/// some: its position says so.
pub struct DecoderStage<D: StreamDecoder> {
    options: D::Options,
    has_contract: bool,
    /// Here between two sources; the decoder has it meanwhile.
    gate: Option<Gate>,
    open: Option<Open<D>>,
}

struct Open<D> {
    decoder: D,
    schema: SchemaRef,
    source: String,
}

impl<D: StreamDecoder> Transform for DecoderStage<D> {
    fn create(config: &Value) -> Result<Self> {
        let gate = gate_of(config)?;
        Ok(Self { options: D::options(config)?, has_contract: gate.is_some(), gate, open: None })
    }

    fn open(&mut self, _: &Call, input: &SchemaRef) -> Result<SchemaRef> {
        let last = self.open.take().and_then(|open| open.decoder.into_gate());
        let gate = self.gate.take().or(last);
        let told = |key| input.metadata().get(key).map(|text| serde_json::from_str::<Vec<String>>(text)).transpose();
        let columns = told(COLUMNS)?.unwrap_or_default();
        let (records, schema) = match (gate, told(TYPES)?) {
            (Some(gate), _) => {
                let schema = stamped(gate.schema(), gate.contract());
                (Records::Held(gate), Some(schema))
            }
            (None, _) if self.has_contract => return Err(Error::config("open() once more after an error")),
            (None, Some(types)) => (Records::Settled(columns.into_iter().zip(types).collect()), None),
            (None, None) => {
                let schema = untyped(&columns, D::LEXICAL);
                (Records::Untyped(columns), Some(schema))
            }
        };
        let source = input.metadata().get(SOURCE).cloned().unwrap_or_default();
        let decoder = D::new(&self.options, records, &source).map_err(failure)?;
        let schema = schema.or_else(|| decoder.schema()).ok_or_else(|| Error::config("there are no types here"))?;
        self.open = Some(Open { decoder, schema: schema.clone(), source });
        Ok(schema)
    }

    fn apply(&mut self, _: &Call, rows: RecordBatch) -> Result<Vec<Batch>> {
        let column = rows.column(0).as_any().downcast_ref::<BinaryArray>();
        let chunks = column.ok_or_else(|| Error::config("the input is one column of bytes"))?;
        self.run(|decoder, out| (0..chunks.len()).try_for_each(|row| decoder.push(chunks.value(row), out)))
    }

    fn flush(&mut self, _: &Call) -> Result<Vec<Batch>> {
        self.run(D::finish)
    }
}

impl<D: StreamDecoder> DecoderStage<D> {
    fn run(
        &mut self,
        work: impl FnOnce(&mut D, &mut Vec<Decoded>) -> std::result::Result<(), D::Error>,
    ) -> Result<Vec<Batch>> {
        let Open { decoder, schema, source } = self.open.as_mut().ok_or_else(|| Error::config("not open"))?;
        let mut decoded = Vec::new();
        let outcome = work(decoder, &mut decoded).map_err(failure);
        let warnings = decoder.take_warnings();
        let mut batches: Vec<_> = decoded.into_iter().map(|one| named(batch_of(one, schema, source), schema)).collect();
        if !warnings.is_empty() {
            // They speak of the columns, which are before all records.
            let mut first = Batch::from(RecordBatch::new_empty(schema.clone()));
            first.warnings = warnings;
            batches.insert(0, first);
        }
        match outcome {
            Ok(()) => Ok(batches),
            Err(failure) => Err(failure.after(batches)),
        }
    }
}

/// A batch that says in what it is other than the host expects.
fn named(batch: Batch, schema: &SchemaRef) -> Batch {
    let columns = batch.rows.schema();
    let (extra, more): (Vec<_>, Vec<_>) =
        columns.fields().iter().skip(schema.fields().len()).partition(|field| field.metadata().contains_key(EXTRA));
    let is_untyped = columns.metadata().contains_key(UNTYPED);
    if extra.is_empty() && more.is_empty() && !is_untyped {
        return batch;
    }
    let names: Vec<_> = more.iter().map(|field| field.name()).collect();
    let position = json!({ "columns": names, "extra": !extra.is_empty(), "untyped": is_untyped });
    Batch { position: Some(position), ..batch }
}

fn untyped(names: &[String], lexical: &str) -> SchemaRef {
    let mark = HashMap::from([(LEXICAL.to_owned(), lexical.to_owned())]);
    let field = |name: &String| Field::new(name, DataType::Utf8, true).with_metadata(mark.clone());
    SchemaRef::new(Schema::new(names.iter().map(field).collect::<Vec<_>>()))
}
