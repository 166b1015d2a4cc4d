//! Counts: the smallest reader, as rust/README.md shows it.
use dativo_plugin::arrow_array::{ArrayRef, Int64Array, RecordBatch};
use dativo_plugin::arrow_schema::{DataType, Field, Schema, SchemaRef};
use dativo_plugin::serde_json::{Value, json};
use dativo_plugin::{Batch, Call, OpenRequest, Reader, Result, export_library, export_reader};
use std::sync::Arc;

export_library!();
export_reader!(create_reader, create_reader_kind, Counting);

struct Counting {
    next: i64,
    end: i64,
}

impl Reader for Counting {
    fn create(config: &Value) -> Result<Self> {
        Ok(Self { next: 0, end: config["engine"]["options"]["rows"].as_i64().unwrap_or(10) })
    }

    fn open(&mut self, _: &Call, request: &OpenRequest) -> Result<SchemaRef> {
        self.next = request.position.as_ref().and_then(Value::as_i64).unwrap_or(0);
        Ok(Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)])))
    }

    fn next(&mut self, _: &Call) -> Result<Option<Batch>> {
        if self.next >= self.end {
            return Ok(None);
        }
        let next = self.end.min(self.next + 65_536);
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(self.next..next));
        self.next = next;
        let mut batch = Batch::from(RecordBatch::try_from_iter([("n", column)])?);
        batch.position = Some(json!(self.next));
        Ok(Some(batch))
    }
}
