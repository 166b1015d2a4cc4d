//! Records without types: the JSON text of every value.

use crate::decode::canonical::Canonical;
use crate::decode::line::Extra;
use crate::decode::names::Names;
use crate::decode::scan::Cell;
use crate::decode::table::Place;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType as ArrowType, Field, Schema};
use std::collections::HashMap;
use std::sync::Arc;

/// The column of members that are no column's, and what says so in its metadata.
const EXTRA: &str = "dativo.extra";

/// Columns of the source, and of the members that have none.
pub struct TextRows {
    columns: Vec<Texts>,
    extra: Texts,
    canonical: Canonical,
}

impl TextRows {
    pub fn new(width: usize) -> Self {
        let mut rows = Self { columns: Vec::new(), extra: Texts::default(), canonical: Canonical::default() };
        rows.widen(width);
        rows
    }

    /// From now on there are so many columns.
    pub fn widen(&mut self, width: usize) {
        self.columns.resize_with(width, Texts::default);
    }

    /// Appends the values of some lines.
    pub fn fill(&mut self, bytes: &[u8], cells: &[Cell], places: &[Place], extras: &[Extra]) {
        let Self { columns, extra, canonical } = self;
        let width = columns.len();
        for (number, column) in columns.iter_mut().enumerate() {
            for row in 0..places.len() {
                let cell = cells[row * width + number];
                column.push(|out| canonical.write(cell, bytes, out));
            }
        }
        let mut from = 0;
        for place in places {
            let members = &extras[from..place.extras];
            from = place.extras;
            extra.push(|out| {
                if !members.is_empty() {
                    canonical.write_extras(members, bytes, out);
                }
            });
        }
    }

    pub fn finish(&mut self, rows: usize, names: &Names) -> RecordBatch {
        let mut arrays: Vec<ArrayRef> = self.columns.iter_mut().map(Texts::finish).collect();
        let text = |name| Field::new(name, ArrowType::Utf8, true);
        let mut fields: Vec<Field> = names.texts().take(arrays.len()).map(text).collect();
        if self.extra.has_any() {
            let mark = HashMap::from([(EXTRA.to_owned(), String::new())]);
            fields.push(text(EXTRA.to_owned()).with_metadata(mark));
            arrays.push(self.extra.finish());
        } else {
            self.extra = Texts::default();
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
            .expect("every column has a text or none of every record")
    }
}

/// A column of text; a cell without text has no value.
#[derive(Default)]
pub struct Texts {
    ends: Vec<i32>,
    bytes: Vec<u8>,
    nulls: usize,
}

impl Texts {
    #[inline(always)]
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.nulls += usize::from(self.bytes.len() == start);
        self.ends.push(self.bytes.len() as i32);
    }

    fn has_any(&self) -> bool {
        self.nulls < self.ends.len()
    }

    pub fn finish(&mut self) -> ArrayRef {
        let Self { ends, bytes, nulls } = std::mem::take(self);
        (self.ends, self.bytes) = (Vec::with_capacity(ends.len()), Vec::with_capacity(bytes.len()));
        let starts = || std::iter::once(0).chain(ends.iter().copied());
        let valid = (nulls > 0).then(|| starts().zip(&ends).map(|(start, end)| start < *end).collect::<NullBuffer>());
        let offsets = OffsetBuffer::new(ScalarBuffer::from(starts().collect::<Vec<i32>>()));
        // SAFETY: the decoder has validated the bytes of good lines, and what is written of them ends with a token.
        Arc::new(unsafe { StringArray::new_unchecked(offsets, Buffer::from_vec(bytes), valid) })
    }
}
