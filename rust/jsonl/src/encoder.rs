//! Arrow record batches → one JSON object a line, byte for byte as `lib/formats/jsonl/jsonl-encoder.ts` writes the same
//! records, or as `lib/formats/json/json-encoder.ts` does, as elements of an array.

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use dativo_cells::{Blocks, Column, Fault, JsonStyle, NonFinite, Unfit, push_json_string};
use serde::Deserialize;

/// The options of `jsonlEncodeOptions` in `lib/formats/jsonl/jsonl-options.ts`, as the host has checked them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EncodeOptions {
    decimals: String,
    non_finite: String,
}

/// How records stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Each ends with a line end.
    Lines,
    /// Each begins with the comma that parts it from the one before; for the first of an array the host puts `[` there.
    Elements,
}

pub struct Encoder {
    /// What stands before the value of each field: `,"name":`.
    leads: Vec<Vec<u8>>,
    /// What stands behind the last value of a record.
    tail: &'static [u8],
    style: JsonStyle,
}

impl Encoder {
    /// The names are those of the schema's fields, of which there is one at least.
    pub fn new(options: &EncodeOptions, schema: &Schema, layout: Layout) -> Self {
        let (start, tail) = match layout {
            Layout::Lines => (&b"{"[..], &b"}\n"[..]),
            Layout::Elements => (&b",\n{"[..], &b"}"[..]),
        };
        let leads = schema.fields().iter().enumerate().map(|(index, field)| {
            let mut lead = if index == 0 { start.to_vec() } else { vec![b','] };
            push_json_string(&mut lead, field.name().as_bytes());
            lead.push(b':');
            lead
        });
        let non_finite = match options.non_finite.as_str() {
            "null" => NonFinite::Null,
            "string" => NonFinite::Text,
            _ => NonFinite::Error,
        };
        let style = JsonStyle { decimals_as_text: options.decimals == "string", non_finite };
        Self { leads: leads.collect(), tail, style }
    }

    /// The text of a batch, in blocks that end behind a record.
    pub fn encode(&self, rows: &RecordBatch) -> Result<Vec<Vec<u8>>, Fault> {
        let mut columns = Column::all(rows)?;
        let mut blocks = Blocks::default();
        for row in 0..rows.num_rows() {
            if self.push_record(&mut columns, row, blocks.room()).is_err() {
                return Err(Fault::first(rows, |column, row, text| column.push_json(row, self.style, text)));
            }
        }
        Ok(blocks.finish())
    }

    #[inline]
    fn push_record(&self, columns: &mut [Column], row: usize, text: &mut Vec<u8>) -> Result<(), Unfit> {
        for (lead, column) in self.leads.iter().zip(columns) {
            text.extend_from_slice(lead);
            column.push_json(row, self.style, text)?;
        }
        text.extend_from_slice(self.tail);
        Ok(())
    }
}
