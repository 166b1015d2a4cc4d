//! Arrow record batches → CSV text without a header, byte for byte as `lib/formats/csv/csv-encoder.ts` writes the same records.

mod field;
mod options;

pub use options::EncodeOptions;

use arrow_array::RecordBatch;
use dativo_cells::{Blocks, Column, Fault, JsonStyle, NonFinite, Unfit, Values, push_base64, push_compact};
use dativo_gate::spell;
use field::FieldWriter;

/// Values inside of others are JSON.
const JSON: JsonStyle = JsonStyle { decimals_as_text: false, non_finite: NonFinite::Text };

pub struct Encoder {
    delimiter: Vec<u8>,
    line_ending: &'static [u8],
    field: FieldWriter,
    /// What stands for no value.
    missing: Vec<u8>,
    scratch: Vec<u8>,
}

impl Encoder {
    pub fn new(options: &EncodeOptions, columns: usize) -> Self {
        let field = FieldWriter::new(options);
        Self {
            delimiter: options.delimiter().as_bytes().to_vec(),
            line_ending: options.line_ending().as_bytes(),
            missing: field.missing(columns == 1),
            field,
            scratch: Vec::new(),
        }
    }

    /// The text of a batch, in blocks that end behind a record.
    pub fn encode(&mut self, rows: &RecordBatch) -> Result<Vec<Vec<u8>>, Fault> {
        let mut columns = Column::all(rows)?;
        let mut blocks = Blocks::default();
        for row in 0..rows.num_rows() {
            if self.push_record(&mut columns, row, blocks.room()).is_err() {
                return Err(Fault::first(rows, |column, row, text| self.push_cell(column, row, text)));
            }
        }
        Ok(blocks.finish())
    }

    #[inline]
    fn push_record(&mut self, columns: &mut [Column], row: usize, text: &mut Vec<u8>) -> Result<(), Unfit> {
        for (index, column) in columns.iter_mut().enumerate() {
            if index > 0 {
                push_short(text, &self.delimiter);
            }
            self.push_cell(column, row, text)?;
        }
        push_short(text, self.line_ending);
        Ok(())
    }

    #[inline]
    fn push_cell(&mut self, column: &mut Column, row: usize, text: &mut Vec<u8>) -> Result<(), Unfit> {
        if column.is_null(row) {
            text.extend_from_slice(&self.missing);
            return Ok(());
        }
        let is_pushed = match &mut column.values {
            Values::Text(texts) => {
                let (value, special) = texts.sweep(row, self.field.special());
                self.field.push_swept_text(text, value, special);
                true
            }
            Values::Json { texts, is_lexical: true } => {
                let (json, special) = texts.sweep(row, self.field.special_in_json());
                special == json.len() && self.field.push_simple_json(text, json)
            }
            _ => self.field.is_plain && push_scalar(column, row, text),
        };
        if is_pushed { Ok(()) } else { self.push_through_scratch(column, row, text) }
    }

    /// Whatever may have to be quoted.
    fn push_through_scratch(&mut self, column: &mut Column, row: usize, text: &mut Vec<u8>) -> Result<(), Unfit> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let outcome = self.push_unquoted(column, row, &mut scratch, text);
        self.scratch = scratch;
        outcome
    }

    fn push_unquoted(
        &mut self,
        column: &mut Column,
        row: usize,
        scratch: &mut Vec<u8>,
        text: &mut Vec<u8>,
    ) -> Result<(), Unfit> {
        match &column.values {
            Values::Binary(bytes) => push_base64(scratch, bytes.get(row)),
            Values::Json { texts, is_lexical } => {
                push_compact(scratch, texts.get(row))?;
                return self.push_value(scratch, *is_lexical, text);
            }
            Values::List { .. } | Values::Struct(_) => column.push_json(row, JSON, scratch)?,
            _ => drop(push_scalar(column, row, scratch)),
        }
        self.field.push_any(text, scratch);
        Ok(())
    }

    /// A value as JSON has it: text stands without its quotes.
    fn push_value(&mut self, json: &[u8], is_lexical: bool, text: &mut Vec<u8>) -> Result<(), Unfit> {
        if json == b"null" {
            text.extend_from_slice(&self.missing);
        } else if json.first() == Some(&b'"') {
            let value = field::unescaped(json)?;
            if is_lexical { self.field.push_text(text, &value) } else { self.field.push_any(text, &value) }
        } else {
            self.field.push_any(text, json);
        }
        Ok(())
    }
}

/// Most often a byte, for which a copy of bytes is a detour.
#[inline]
fn push_short(text: &mut Vec<u8>, bytes: &[u8]) {
    match bytes {
        [byte] => text.push(*byte),
        bytes => text.extend_from_slice(bytes),
    }
}

/// Appends a cell whose text is made of letters, digits and `+-.:`; false for one of another type.
#[inline]
fn push_scalar(column: &mut Column, row: usize, text: &mut Vec<u8>) -> bool {
    match &column.values {
        Values::Integer(values) => spell::push_integer(text, values[row]),
        Values::Double(values) if !values[row].is_finite() => spell::push_double(text, values[row]),
        // Numbers and truth values are as in JSON, which has a text for all that are left.
        Values::Double(_) | Values::Boolean(_) | Values::Decimal { .. } => {
            return column.push_json(row, JSON, text).is_ok();
        }
        Values::Date(days) => spell::push_date(text, days[row]),
        Values::Time(micros) => spell::push_time(text, micros[row]),
        Values::Timestamp { values, is_zoned } => spell::push_timestamp(text, values[row], *is_zoned),
        _ => return false,
    }
    true
}
