//! Makes batches of lines: typed and held to a contract, or of the JSON text of every value.

use crate::decode::canonical::Canonical;
use crate::decode::cells::{JsonCells, Wanted};
use crate::decode::line::{Extra, LineReader};
use crate::decode::names::{MAX_NAMES, Names};
use crate::decode::options::Options;
use crate::decode::scan::Cell;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType as ArrowType, Field, Schema, SchemaRef};
use dativo_gate::{Binding, Column, Fault, Gate, GateError, RowFaults};
use dativo_text::{Decoded, RejectedRecord};
use std::collections::HashMap;
use std::sync::Arc;

/// Memory follows the number of cells, so many names make for fewer records per batch.
const MAX_BATCH_CELLS: usize = 1_000_000;
/// The batch of the TypeScript format: what has nothing in common with the contract by then is refused.
const JUDGED_ROWS: usize = 2000;
/// Names that take more than this are told in no other way than as members.
const MAX_NAME_BYTES: usize = 512 * 1024;
/// The column of members that are no column's, and what says so in its metadata.
const EXTRA: &str = "dativo.extra";

pub struct Table {
    source: String,
    names: Names,
    reader: LineReader,
    rows: Rows,
    batch_rows: usize,
    batch_bytes: u64,
    /// What the lines of the bytes at hand hold, one after another.
    cells: Vec<Cell>,
    places: Vec<Place>,
    extras: Vec<Extra>,
    batch: Pending,
    /// Records so far.
    records: u64,
    is_judged: bool,
    has_emitted: bool,
    pub warnings: Vec<String>,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// In the bytes at hand; the end is that of what is told of it.
    pub start: usize,
    pub end: usize,
    /// Where its line feed stands.
    pub feed: usize,
    pub line: u64,
    record: u64,
    /// End of its members among those of all lines.
    extras: usize,
}

impl Place {
    pub fn new(start: usize, end: usize, feed: usize, line: u64) -> Self {
        Self { start, end, feed, line, record: 0, extras: 0 }
    }
}

enum Rows {
    Typed { gate: Gate, binding: Binding, columns: Vec<Column>, wanted: Vec<Wanted>, schema: SchemaRef },
    Texts { columns: Vec<Texts>, extra: Texts, canonical: Canonical },
}

/// What the next batch holds besides its columns.
#[derive(Default)]
struct Pending {
    records: usize,
    good: usize,
    /// Place of its first byte in the source.
    start: u64,
    rejects: Vec<RejectedRecord>,
}

impl Table {
    pub fn new(options: &Options, gate: Option<Gate>, source: &str, columns: &[String]) -> Self {
        let rows = match gate {
            Some(gate) => Rows::typed(gate),
            None => Rows::Texts {
                columns: columns.iter().map(|_| Texts::default()).collect(),
                extra: Texts::default(),
                canonical: Canonical::default(),
            },
        };
        let names = match &rows {
            Rows::Typed { gate, .. } => {
                let fields: Vec<_> = gate.contract().fields.iter().map(|field| field.name.clone()).collect();
                Names::new(&fields, false)
            }
            Rows::Texts { .. } => Names::new(columns, true),
        };
        Self {
            source: source.to_owned(),
            names,
            reader: LineReader::default(),
            rows,
            batch_rows: options.batch_rows,
            // Offsets of text have 31 bits, and the last record of a batch comes on top.
            batch_bytes: options.batch_bytes.min(1 << 30) as u64,
            cells: Vec::new(),
            places: Vec::new(),
            extras: Vec::new(),
            batch: Pending::default(),
            records: 0,
            is_judged: false,
            has_emitted: false,
            warnings: Vec::new(),
        }
    }

    pub fn into_gate(self) -> Option<Gate> {
        match self.rows {
            Rows::Typed { gate, .. } => Some(gate),
            Rows::Texts { .. } => None,
        }
    }

    /// Takes a line; the bytes stay the same until [`Table::settle`]. `base` is the place of their first byte.
    pub fn take(
        &mut self,
        bytes: &[u8],
        base: u64,
        place: Place,
        is_utf8: bool,
        out: &mut Vec<Decoded>,
    ) -> Result<(), GateError> {
        if self.batch.records == 0 {
            self.batch.start = base + place.start as u64;
        }
        self.records += 1;
        self.batch.records += 1;
        let place = Place { record: self.records, ..place };
        if let Err(fault) = self.read(bytes, place, is_utf8) {
            self.reject(bytes, base, place, vec![fault]);
        }
        let is_full = self.batch.records >= self.capacity()
            || base + place.feed as u64 + 1 - self.batch.start >= self.batch_bytes;
        if is_full || self.batch.records == JUDGED_ROWS {
            self.judge()?;
        }
        if is_full {
            self.settle(bytes, base)?;
            self.flush(out);
        }
        Ok(())
    }

    fn read(&mut self, bytes: &[u8], place: Place, is_utf8: bool) -> Result<(), Fault> {
        let fault = |rule, reason: String| Fault { column: None, rule, reason };
        if !is_utf8 {
            return Err(fault("encoding", "is not utf-8".into()));
        }
        let (cells, extras) = (self.cells.len(), self.extras.len());
        self.cells.resize(cells + self.names.columns(), Cell::default());
        let record = &mut self.cells[cells..];
        let read = self.reader.read(bytes, place.start, place.feed, &mut self.names, record, &mut self.extras);
        let read = read.map_err(|reason| fault("json", reason)).and_then(|()| match self.names.overflow() {
            true => Err(fault("fields", format!("has names that make more than {MAX_NAMES} in the file"))),
            false => Ok(()),
        });
        if let Err(fault) = read {
            self.reader.reset();
            self.cells.truncate(cells);
            self.extras.truncate(extras);
            return Err(fault);
        }
        let fresh = self.names.accept();
        if let Rows::Typed { .. } = self.rows {
            self.extras.clear();
            if !fresh.is_empty() {
                let quoted: Vec<_> = fresh.iter().map(|name| format!("'{name}'")).collect();
                self.warnings.push(format!(
                    "{}: columns that the contract does not name are left out: {}",
                    self.source,
                    quoted.join(", ")
                ));
            }
        }
        self.places.push(Place { extras: self.extras.len(), ..place });
        Ok(())
    }

    fn reject(&mut self, bytes: &[u8], base: u64, place: Place, faults: Vec<Fault>) {
        self.batch.rejects.push(RejectedRecord {
            row: place.record,
            line: place.line,
            offset: base + place.start as u64,
            length: (place.end - place.start) as u64,
            raw: bytes[place.start..place.end].to_vec(),
            faults,
        });
    }

    fn capacity(&self) -> usize {
        self.batch_rows.min(MAX_BATCH_CELLS / self.names.columns().max(1)).max(1)
    }

    /// Records that have nothing in common with a contract would come out as nulls, and pass.
    fn judge(&mut self) -> Result<(), GateError> {
        if let (Rows::Typed { gate, .. }, false) = (&self.rows, self.is_judged) {
            let names = self.names.source_names();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            gate.refuse_strangers(&names, &self.source)?;
            self.is_judged = !names.is_empty();
        }
        Ok(())
    }

    /// Makes columns of the lines that were taken; the bytes may go then.
    pub fn settle(&mut self, bytes: &[u8], base: u64) -> Result<(), GateError> {
        let faulty = self.rows.fill(bytes, &self.cells, &self.places, &self.extras)?;
        self.batch.good += self.places.len() - faulty.len();
        for RowFaults { row, faults } in faulty {
            self.reject(bytes, base, self.places[row], faults);
        }
        self.cells.clear();
        self.places.clear();
        self.extras.clear();
        Ok(())
    }

    /// Hands on what there is, full or not.
    pub fn flush(&mut self, out: &mut Vec<Decoded>) {
        if self.batch.records == 0 {
            return;
        }
        let Pending { records, good, mut rejects, .. } = std::mem::take(&mut self.batch);
        rejects.sort_by_key(|reject| reject.row);
        let rows = self.rows.finish(good, &self.names);
        self.has_emitted = true;
        out.push(Decoded { rows, rejects, rows_read: records as u64 });
        if let Rows::Texts { columns, .. } = &mut self.rows {
            let widened: usize = self.names.texts().map(|name| name.len()).sum();
            if widened <= MAX_NAME_BYTES {
                self.names.widen();
                columns.resize_with(self.names.columns(), Texts::default);
            }
        }
    }

    /// What was rejected before an error, as far as it is not handed on; columns may be half checked then.
    pub fn flush_rejects(&mut self, out: &mut Vec<Decoded>) {
        let Pending { records, mut rejects, .. } = std::mem::take(&mut self.batch);
        rejects.sort_by_key(|reject| reject.row);
        if !rejects.is_empty() {
            let rows = RecordBatch::new_empty(Arc::new(Schema::empty()));
            out.push(Decoded { rows, rejects, rows_read: records as u64 });
        }
    }

    /// The last batch. Whoever asks for the columns of a table without records gets them.
    pub fn finish(&mut self, out: &mut Vec<Decoded>) -> Result<(), GateError> {
        self.judge()?;
        self.flush(out);
        if !self.has_emitted {
            out.push(Decoded { rows: self.rows.finish(0, &self.names), rejects: Vec::new(), rows_read: 0 });
        }
        Ok(())
    }
}

impl Rows {
    fn typed(gate: Gate) -> Self {
        let columns = gate.columns();
        Self::Typed {
            binding: Binding { sources: (0..columns.len()).map(Some).collect(), warnings: Vec::new() },
            wanted: columns.iter().map(|column| Wanted::of(column.data_type())).collect(),
            schema: Arc::new(gate.schema()),
            columns,
            gate,
        }
    }

    /// Appends the values of some lines.
    fn fill(
        &mut self,
        bytes: &[u8],
        cells: &[Cell],
        places: &[Place],
        extras: &[Extra],
    ) -> Result<Vec<RowFaults>, GateError> {
        match self {
            Self::Typed { gate, binding, columns, wanted, .. } => {
                let width = columns.len();
                let cells_of = |column| JsonCells { bytes, cells, width, column, wanted: wanted[column] };
                gate.check(binding, columns, places.len(), 1, cells_of)
            }
            Self::Texts { columns, extra, canonical } => {
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
                Ok(Vec::new())
            }
        }
    }

    fn finish(&mut self, good: usize, names: &Names) -> RecordBatch {
        let (schema, columns): (SchemaRef, Vec<ArrayRef>) = match self {
            Self::Typed { columns, schema, .. } => (schema.clone(), columns.iter_mut().map(Column::finish).collect()),
            Self::Texts { columns, extra, .. } => {
                let mut arrays: Vec<ArrayRef> = columns.iter_mut().map(Texts::finish).collect();
                let text = |name| Field::new(name, ArrowType::Utf8, true);
                let mut fields: Vec<Field> = names.texts().take(arrays.len()).map(text).collect();
                if extra.has_any() {
                    let mark = HashMap::from([(EXTRA.to_owned(), String::new())]);
                    fields.push(text(EXTRA.to_owned()).with_metadata(mark));
                    arrays.push(extra.finish());
                } else {
                    *extra = Texts::default();
                }
                (Arc::new(Schema::new(fields)), arrays)
            }
        };
        let options = RecordBatchOptions::new().with_row_count(Some(good));
        RecordBatch::try_new_with_options(schema, columns, &options)
            .expect("columns are made by the schema, and records without a required value are taken out")
    }
}

/// A column of text; a cell without text has no value.
#[derive(Default)]
struct Texts {
    ends: Vec<i32>,
    bytes: Vec<u8>,
    nulls: usize,
}

impl Texts {
    #[inline(always)]
    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.nulls += usize::from(self.bytes.len() == start);
        self.ends.push(self.bytes.len() as i32);
    }

    fn has_any(&self) -> bool {
        self.nulls < self.ends.len()
    }

    fn finish(&mut self) -> ArrayRef {
        let Self { ends, bytes, nulls } = std::mem::take(self);
        (self.ends, self.bytes) = (Vec::with_capacity(ends.len()), Vec::with_capacity(bytes.len()));
        let starts = || std::iter::once(0).chain(ends.iter().copied());
        let valid = (nulls > 0).then(|| starts().zip(&ends).map(|(start, end)| start < *end).collect::<NullBuffer>());
        let offsets = OffsetBuffer::new(ScalarBuffer::from(starts().collect::<Vec<i32>>()));
        // SAFETY: the decoder has validated the bytes of good lines, and what is written of them ends with a token.
        Arc::new(unsafe { StringArray::new_unchecked(offsets, Buffer::from_vec(bytes), valid) })
    }
}
