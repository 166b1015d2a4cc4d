use crate::abi::DtvBatch;
use crate::arrow::{FFI_ArrowArray, FFI_ArrowSchema};
use crate::error::Result;
use arrow_array::builder::{BinaryBuilder, StringBuilder, UInt64Builder};
use arrow_array::{Array, RecordBatch, RecordBatchOptions, StructArray, ffi};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::Value;
use std::sync::Arc;

/// Records on their way, with what the host wants to know of them.
#[derive(Debug, Clone)]
pub struct Batch {
    pub rows: RecordBatch,
    pub rejects: Vec<Reject>,
    /// Where a restart goes on after the last of these records; none is no checkpoint.
    pub position: Option<Value>,
    /// Records taken from the source for this batch: rows, rejects and filtered together.
    pub rows_read: u64,
    /// Records left out on purpose.
    pub rows_filtered: u64,
    /// Bytes taken from the source.
    pub bytes_in: u64,
    /// Sentences for the user: what is odd and no fault.
    pub warnings: Vec<String>,
}

/// Texts of the last batch, which the host may look at until the next call.
#[derive(Default)]
pub(crate) struct Texts {
    position: String,
    warnings: String,
}

/// One fault of a record. A record with several has one of these for each, with the same `row`.
#[derive(Debug, Clone, Default)]
pub struct Reject {
    /// File, table or object; a transform leaves it empty.
    pub source: String,
    /// From 1: in the source, for a transform in the batch.
    pub row: Option<u64>,
    /// Line of a text on which the record begins, from 1.
    pub line: Option<u64>,
    /// First byte in the decompressed source.
    pub offset: Option<u64>,
    pub length: Option<u64>,
    /// The record as it stood in the source.
    pub raw: Option<Vec<u8>>,
    pub column: Option<String>,
    pub rule: String,
    pub reason: String,
}

impl From<RecordBatch> for Batch {
    fn from(rows: RecordBatch) -> Self {
        let rows_read = rows.num_rows() as u64;
        Self {
            rows,
            rejects: Vec::new(),
            position: None,
            rows_read,
            rows_filtered: 0,
            bytes_in: 0,
            warnings: Vec::new(),
        }
    }
}

impl Batch {
    /// Moves the batch into the host's struct. `texts` stay alive until the next call.
    ///
    /// # Safety
    /// `into` is the host's, and holds no arrays. There is no reference to it: a host of the first hour has less memory
    /// there than the struct of today takes.
    pub(crate) unsafe fn put(self, into: *mut DtvBatch, texts: &mut Texts) {
        let rejects = if self.rejects.is_empty() {
            FFI_ArrowArray::empty()
        } else {
            FFI_ArrowArray::new(&rejects_array(&self.rejects).into_data())
        };
        texts.position = self.position.map(|value| value.to_string()).unwrap_or_default();
        // SAFETY: by the caller's promise; these fields are in every host's struct.
        unsafe {
            ((*into).position, (*into).position_len) = borrowed(&texts.position);
            (*into).rows_read = self.rows_read;
            (*into).rows_filtered = self.rows_filtered;
            (*into).bytes_in = self.bytes_in;
            (&raw mut (*into).rows).write(FFI_ArrowArray::new(&StructArray::from(self.rows).into_data()));
            (&raw mut (*into).rejects).write(rejects);
        }
        // SAFETY: as its size says, the host has room for them.
        unsafe {
            if (*into).size as usize >= size_of::<DtvBatch>() {
                texts.warnings =
                    if self.warnings.is_empty() { String::new() } else { Value::from(self.warnings).to_string() };
                ((*into).warnings, (*into).warnings_len) = borrowed(&texts.warnings);
            }
        }
    }

    /// Takes over what the host hands in; the host's struct no longer owns it, whatever happens here.
    ///
    /// # Safety
    /// `from.rows` is an array of `schema`'s type that nobody else owns.
    pub(crate) unsafe fn take(from: *mut DtvBatch, schema: &SchemaRef) -> Result<Self> {
        // SAFETY: by the caller's promise.
        let array = unsafe { (&raw mut (*from).rows).replace(FFI_ArrowArray::empty()) };
        let ffi_schema = FFI_ArrowSchema::try_from(&DataType::Struct(schema.fields().clone()))?;
        // SAFETY: the array is ours now, and of this type.
        let rows = StructArray::from(unsafe { ffi::from_ffi(array, &ffi_schema) }?);
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let columns = rows.columns().to_vec();
        Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?.into())
    }
}

fn borrowed(text: &str) -> (*const u8, u64) {
    if text.is_empty() { (std::ptr::null(), 0) } else { (text.as_ptr(), text.len() as u64) }
}

/// The schema that rejects have at the border.
pub fn reject_schema() -> Schema {
    let field = |name: &str, data_type, nullable| Field::new(name, data_type, nullable);
    Schema::new(vec![
        field("source", DataType::Utf8, false),
        field("row", DataType::UInt64, true),
        field("line", DataType::UInt64, true),
        field("offset", DataType::UInt64, true),
        field("length", DataType::UInt64, true),
        field("raw", DataType::Binary, true),
        field("column", DataType::Utf8, true),
        field("rule", DataType::Utf8, false),
        field("reason", DataType::Utf8, false),
    ])
}

fn rejects_array(rejects: &[Reject]) -> StructArray {
    let text = |of: fn(&Reject) -> Option<&str>| {
        let mut builder = StringBuilder::new();
        rejects.iter().for_each(|reject| builder.append_option(of(reject)));
        Arc::new(builder.finish()) as Arc<dyn Array>
    };
    let number = |of: fn(&Reject) -> Option<u64>| {
        let mut builder = UInt64Builder::with_capacity(rejects.len());
        rejects.iter().for_each(|reject| builder.append_option(of(reject)));
        Arc::new(builder.finish()) as Arc<dyn Array>
    };
    let mut raw = BinaryBuilder::new();
    rejects.iter().for_each(|reject| raw.append_option(reject.raw.as_deref()));
    let columns = vec![
        text(|reject| Some(&reject.source)),
        number(|reject| reject.row),
        number(|reject| reject.line),
        number(|reject| reject.offset),
        number(|reject| reject.length),
        Arc::new(raw.finish()),
        text(|reject| reject.column.as_deref()),
        text(|reject| Some(&reject.rule)),
        text(|reject| Some(&reject.reason)),
    ];
    StructArray::new(reject_schema().fields, columns, None)
}
