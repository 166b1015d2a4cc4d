use crate::encode::Encode;
use arrow_buffer::{Buffer, OffsetBuffer};
use dativo_cells::Fault;
use dativo_checksum::ColumnSum;
use dativo_plugin::arrow_array::{BinaryArray, RecordBatch};
use dativo_plugin::arrow_schema::{DataType, Field, Schema, SchemaRef};
use dativo_plugin::files::refusal;
use dativo_plugin::serde_json::{Value, json};
use dativo_plugin::{Batch, Call, Error, Result, Transform};
use std::sync::Arc;

/// Encodes records into one output. Opened again, it goes on with records that lie otherwise in memory.
pub struct TextEncoder<E: Encode> {
    options: E::Options,
    has_checksums: bool,
    open: Option<Open<E>>,
}

struct Open<E> {
    encoder: E,
    sums: Vec<ColumnSum>,
    output: SchemaRef,
}

impl<E: Encode> Transform for TextEncoder<E> {
    fn create(config: &Value) -> Result<Self> {
        let has_checksums = config["checksums"].as_bool().unwrap_or(false);
        Ok(Self { options: E::options(&config["engine"]["options"])?, has_checksums, open: None })
    }

    fn open(&mut self, _: &Call, input: &SchemaRef) -> Result<SchemaRef> {
        if let Some(open) = &self.open {
            return Ok(open.output.clone());
        }
        if input.fields().is_empty() {
            return Err(refusal("records without a field"));
        }
        let output = Arc::new(Schema::new(vec![Field::new("bytes", DataType::Binary, false)]));
        let summed = if self.has_checksums { &input.fields()[..] } else { &[] };
        let sums = summed.iter().map(|field| ColumnSum::new(field)).collect();
        self.open = Some(Open { encoder: E::new(&self.options, input), sums, output: output.clone() });
        Ok(output)
    }

    fn apply(&mut self, _: &Call, rows: RecordBatch) -> Result<Vec<Batch>> {
        let open = self.opened()?;
        let blocks = open.encoder.encode(&rows).map_err(failure)?;
        open.sums.iter_mut().zip(rows.columns()).for_each(|(sum, column)| sum.add(column));
        blocks.into_iter().map(|block| open.batch_of(block)).collect()
    }

    fn flush(&mut self, _: &Call) -> Result<Vec<Batch>> {
        if !self.has_checksums {
            return Ok(Vec::new());
        }
        let open = self.opened()?;
        let sums: Vec<_> = open.sums.iter().map(|sum| sum.build().to_json()).collect();
        Ok(vec![open.batch_of(Value::from(sums).to_string().into_bytes())?])
    }
}

impl<E: Encode> TextEncoder<E> {
    fn opened(&mut self) -> Result<&mut Open<E>> {
        self.open.as_mut().ok_or_else(|| Error::config("not open"))
    }
}

impl<E> Open<E> {
    /// A batch of one value, which takes the memory of the block as it is.
    fn batch_of(&self, block: Vec<u8>) -> Result<Batch> {
        let offsets = OffsetBuffer::from_lengths([block.len()]);
        let column = BinaryArray::try_new(offsets, Buffer::from_vec(block), None)?;
        Ok(RecordBatch::try_new(self.output.clone(), vec![Arc::new(column)])?.into())
    }
}

fn failure(fault: Fault) -> Error {
    match fault {
        Fault::Cell { field, row, reason } => Error::data(format!("a value {reason}"))
            .with_detail(json!({ "code": "DTV_VALUE_UNFIT", "field": field, "row": row, "reason": reason })),
        Fault::Unsupported(what) => refusal(format!("not written natively: {what}")),
    }
}
