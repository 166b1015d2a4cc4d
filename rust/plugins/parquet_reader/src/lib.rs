//! `libparquet_reader_plugin.so:create_reader`: Parquet files as record batches.
//!
//! `engine.options`: `columns`, the names of those to read, in this order; `batch_size` in records, at most; `prune`, a
//! list of `{column, op, value}` (`=`, `<`, `<=`, `>`, `>=`): row groups in which one of them cannot match are not read.
//! Rows are not filtered.
//!
//! `create_decoder` is for the host itself: it decodes one file that the host has open and whose footer it has read.
mod decoder;

use dativo_parquet::{Batches, FileReader, Literal, Op, Predicate, ReadOptions};
use dativo_plugin::arrow_schema::{DataType, SchemaRef};
use dativo_plugin::files::{self, refusal};
use dativo_plugin::serde_json::{Map, Value};
use dativo_plugin::{Batch, Call, Error, OpenRequest, Reader, Result, export_library, export_reader};
use std::fs::File;

export_library!();
export_reader!(create_reader, create_reader_kind, ParquetReader);
export_reader!(create_decoder, create_decoder_kind, decoder::FileDecoder);

const OPTIONS: [&str; 4] = ["columns", "batch_size", "chunk_size", "prune"];

/// Each file is a split. A position is given at the end of a file: one that has not changed since is not read again.
struct ParquetReader {
    files: Vec<String>,
    options: Map<String, Value>,
    open: Option<Open>,
}

struct Open {
    path: String,
    file: File,
    position: Value,
    /// None once the file is read, and when an earlier run has read it.
    batches: Option<Batches>,
    schema: SchemaRef,
    is_told: bool,
}

impl Reader for ParquetReader {
    fn create(config: &Value) -> Result<Self> {
        let options = config["engine"]["options"].as_object().cloned().unwrap_or_default();
        if let Some(unknown) = options.keys().find(|key| !OPTIONS.contains(&key.as_str())) {
            return Err(refusal(format!(
                "unknown option '{unknown}' of the Parquet reader; known are {}",
                OPTIONS.join(", ")
            )));
        }
        Ok(Self { files: files::paths(config)?, options, open: None })
    }

    fn plan(&mut self, _: &Call) -> Result<Option<Vec<Value>>> {
        files::splits(&self.files).map(Some)
    }

    fn open(&mut self, _: &Call, request: &OpenRequest) -> Result<SchemaRef> {
        let [first, ..] = &self.files[..] else { return Err(refusal("'files' names no file")) };
        let path = request.split.as_ref().and_then(|split| split["id"].as_str()).unwrap_or(first).to_owned();
        let file = files::open(&path)?;
        let position = files::position(&path, &file)?;
        let is_read = files::is_read(&path, request.position.as_ref(), &position)?;
        let reader = FileReader::open(&path).map_err(failure)?;
        let batches = reader.read(&read_options(&self.options, reader.schema())?).map_err(failure)?;
        let schema = batches.schema().clone();
        let batches = (!is_read).then_some(batches);
        self.open = Some(Open { path, file, position, batches, schema: schema.clone(), is_told: is_read });
        Ok(schema)
    }

    fn next(&mut self, _: &Call) -> Result<Option<Batch>> {
        let open = self.open.as_mut().ok_or_else(|| Error::config("next() before open()"))?;
        if let Some(rows) = open.batches.as_mut().and_then(Iterator::next) {
            return Ok(Some(rows.map_err(failure)?.into()));
        }
        open.batches = None;
        if std::mem::replace(&mut open.is_told, true) {
            return Ok(None);
        }
        if files::position(&open.path, &open.file)? != open.position {
            return Err(files::changed(&open.path, "changed while it was read"));
        }
        let nothing = dativo_plugin::arrow_array::RecordBatch::new_empty(open.schema.clone());
        Ok(Some(Batch { position: Some(open.position.clone()), ..nothing.into() }))
    }

    fn check(&mut self, _: &Call) -> Result<Option<String>> {
        files::check(&self.files).map(Some)
    }

    fn estimate(&mut self, _: &Call) -> Result<Option<u64>> {
        let rows = self.files.iter().map(|path| FileReader::open(path).map(|reader| reader.rows()).map_err(failure));
        rows.sum::<Result<_>>().map(Some)
    }
}

fn read_options(given: &Map<String, Value>, schema: &SchemaRef) -> Result<ReadOptions> {
    let mut options = ReadOptions::default();
    if let Some(columns) = given.get("columns") {
        let names =
            columns.as_array().and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
        options.columns = Some(names.ok_or_else(|| refusal("columns is a list of names"))?);
    }
    if let Some(rows) = given.get("batch_size").or_else(|| given.get("chunk_size")) {
        let rows = rows.as_u64().filter(|rows| *rows >= 1);
        options.batch_rows = rows.ok_or_else(|| refusal("batch_size is a number of 1 or more"))? as usize;
    }
    if let Some(prune) = given.get("prune") {
        let each = prune.as_array().ok_or_else(|| refusal("prune is a list of {column, op, value}"))?;
        options.predicates = each.iter().map(|one| predicate_of(one, schema)).collect::<Result<_>>()?;
    }
    Ok(options)
}

fn predicate_of(given: &Value, schema: &SchemaRef) -> Result<Predicate> {
    let op = match given["op"].as_str() {
        Some("=") => Op::Equal,
        Some("<") => Op::Less,
        Some("<=") => Op::LessOrEqual,
        Some(">") => Op::Greater,
        Some(">=") => Op::GreaterOrEqual,
        _ => return Err(refusal(format!("the op of {given} is one of =, <, <=, >, >="))),
    };
    let column = given["column"].as_str().ok_or_else(|| refusal(format!("{given} names no column")))?.to_owned();
    let field = schema.field_with_name(&column).map_err(|_| refusal(format!("the file has no column '{column}'")))?;
    let value = match (field.data_type(), &given["value"]) {
        (DataType::Float64, Value::Number(number)) => number.as_f64().map(Literal::Double),
        (DataType::Int32 | DataType::Int64, Value::Number(number)) => {
            number.as_i64().map(|n| Literal::Integer(n.into()))
        }
        (DataType::Utf8, Value::String(text)) => Some(Literal::Bytes(text.clone().into_bytes())),
        _ => None,
    };
    let kind = field.data_type();
    let value =
        value.ok_or_else(|| refusal(format!("'{column}' is {kind}, which {} is not compared with", given["value"])))?;
    Ok(Predicate { column, op, value })
}

fn failure(cause: dativo_parquet::Error) -> Error {
    Error::data(cause.to_string())
}
