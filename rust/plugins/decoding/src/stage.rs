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
/// Says in the metadata of a field what its cells are that have no type yet.
const LEXICAL: &str = "dativo.lexical";
/// Says in the metadata of the last field that it holds members which have no column yet.
const EXTRA: &str = "dativo.extra";

/// A decoder of one source: bytes in order, cut anywhere, and the records found in them.
pub trait StreamDecoder: Send + Sized + 'static {
    type Options: Send;
    type Error: Into<TextError>;
    /// What a cell is that has no type yet: `text`, or `json`.
    const LEXICAL: &'static str;

    fn options(config: &Value) -> Result<Self::Options>;
    /// `columns` are those that the host has found, where there is no gate.
    fn new(options: &Self::Options, gate: Option<Gate>, source: &str, columns: Vec<String>) -> Self;
    fn push(&mut self, bytes: &[u8], out: &mut Vec<Decoded>) -> std::result::Result<(), Self::Error>;
    fn finish(&mut self, out: &mut Vec<Decoded>) -> std::result::Result<(), Self::Error>;
    fn take_warnings(&mut self) -> Vec<String>;
    fn into_gate(self) -> Option<Gate>;
}

/// Takes `{bytes: binary}`, gives the records of the contract, or untyped columns where there is none. It is opened anew
/// for each source; what must be unique is so over all of them.
///
/// A batch without a contract may have columns behind those that the host has found: its position names them.
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
        let columns: Vec<String> =
            input.metadata().get(COLUMNS).map_or(Ok(Vec::new()), |text| serde_json::from_str(text))?;
        let schema = match &gate {
            Some(gate) => stamped(gate.schema(), gate.contract()),
            None if self.has_contract => return Err(Error::config("open() once more after an error")),
            None => untyped(&columns, D::LEXICAL),
        };
        let source = input.metadata().get(SOURCE).cloned().unwrap_or_default();
        let decoder = D::new(&self.options, gate, &source, columns);
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

/// A batch that names the columns which it has besides those that the host knows.
fn named(batch: Batch, schema: &SchemaRef) -> Batch {
    let columns = batch.rows.schema();
    let (extra, more): (Vec<_>, Vec<_>) =
        columns.fields().iter().skip(schema.fields().len()).partition(|field| field.metadata().contains_key(EXTRA));
    if extra.is_empty() && more.is_empty() {
        return batch;
    }
    let names: Vec<_> = more.iter().map(|field| field.name()).collect();
    Batch { position: Some(json!({ "columns": names, "extra": !extra.is_empty() })), ..batch }
}

fn untyped(names: &[String], lexical: &str) -> SchemaRef {
    let mark = HashMap::from([(LEXICAL.to_owned(), lexical.to_owned())]);
    let field = |name: &String| Field::new(name, DataType::Utf8, true).with_metadata(mark.clone());
    SchemaRef::new(Schema::new(names.iter().map(field).collect::<Vec<_>>()))
}
