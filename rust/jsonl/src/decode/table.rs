//! Makes batches of lines: typed and held to a contract, of types that were settled before, or of the JSON text of every
//! value.

use crate::decode::cells::{JsonCells, Wanted};
use crate::decode::line::{Extra, LineReader};
use crate::decode::names::{MAX_NAMES, Names};
use crate::decode::options::Options;
use crate::decode::scan::Cell;
use crate::decode::settled::Settled;
use crate::decode::texts::TextRows;
use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema, SchemaRef};
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
/// Says in the metadata of a batch that its values have no types, though those of others have.
const UNTYPED: &str = "dativo.untyped";

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
    pub extras: usize,
}

impl Place {
    pub fn new(start: usize, end: usize, feed: usize, line: u64) -> Self {
        Self { start, end, feed, line, record: 0, extras: 0 }
    }
}

enum Rows {
    Typed { gate: Gate, binding: Binding, columns: Vec<Column>, wanted: Vec<Wanted>, schema: SchemaRef },
    Settled(Settled),
    Texts(TextRows),
}

/// What the next batch holds besides its columns.
#[derive(Default)]
struct Pending {
    records: usize,
    /// Those of them whose lines are in the columns, or rejected.
    settled: usize,
    good: usize,
    /// Place of its first byte in the source.
    start: u64,
    rejects: Vec<RejectedRecord>,
}

impl Table {
    pub fn new(options: &Options, gate: Option<Gate>, source: &str, columns: &[String]) -> Self {
        let (rows, names) = match gate {
            Some(gate) => {
                let fields: Vec<_> = gate.contract().fields.iter().map(|field| field.name.clone()).collect();
                (Rows::typed(gate), Names::new(&fields, false))
            }
            None => (Rows::Texts(TextRows::new(columns.len())), Names::new(columns, true)),
        };
        Self::of(options, source, rows, names)
    }

    /// Of columns with the types that the host has read off the first records.
    pub fn settled(options: &Options, source: &str, columns: &[(String, String)]) -> Result<Self, GateError> {
        let names: Vec<_> = columns.iter().map(|(name, _)| name.clone()).collect();
        Ok(Self::of(options, source, Rows::Settled(Settled::new(columns)?), Names::new(&names, false)))
    }

    fn of(options: &Options, source: &str, rows: Rows, names: Names) -> Self {
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
            Rows::Settled(_) | Rows::Texts(_) => None,
        }
    }

    /// What all records have that are not handed on without types; undefined where none have types.
    pub fn schema(&self) -> Option<SchemaRef> {
        match &self.rows {
            Rows::Typed { schema, .. } => Some(schema.clone()),
            Rows::Settled(settled) => Some(settled.schema()),
            Rows::Texts(_) => None,
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
            self.settle(bytes, base, out)?;
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
    pub fn settle(&mut self, bytes: &[u8], base: u64, out: &mut Vec<Decoded>) -> Result<(), GateError> {
        match self.rows.fill(bytes, &self.cells, &self.places, &self.extras)? {
            Some(faulty) => {
                self.batch.good += self.places.len() - faulty.len();
                for RowFaults { row, faults } in faulty {
                    self.reject(bytes, base, self.places[row], faults);
                }
                self.batch.settled = self.batch.records;
            }
            None => self.hand_on_texts(bytes, out),
        }
        self.cells.clear();
        self.places.clear();
        self.extras.clear();
        Ok(())
    }

    /// Hands on the lines at hand without types, behind the records before them.
    #[cold]
    fn hand_on_texts(&mut self, bytes: &[u8], out: &mut Vec<Decoded>) {
        let here = self.batch.records - self.batch.settled;
        let is_before = |reject: &RejectedRecord| reject.row + here as u64 <= self.records;
        let (before, rejects) = std::mem::take(&mut self.batch.rejects).into_iter().partition(is_before);
        self.batch.records = self.batch.settled;
        self.batch.rejects = before;
        self.flush(out);
        let mut texts = TextRows::new(self.names.columns());
        texts.fill(bytes, &self.cells, &self.places, &self.extras);
        let rows = texts.finish(self.places.len(), &self.names);
        let mark = HashMap::from([(UNTYPED.to_owned(), String::new())]);
        let schema = rows.schema().as_ref().clone().with_metadata(mark);
        let rows = rows.with_schema(Arc::new(schema)).expect("the fields are the same");
        self.batch = Pending::default();
        self.has_emitted = true;
        out.push(Decoded { rows, rejects, rows_read: here as u64 });
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
        if let Rows::Texts(texts) = &mut self.rows {
            let widened: usize = self.names.texts().map(|name| name.len()).sum();
            if widened <= MAX_NAME_BYTES {
                self.names.widen();
                texts.widen(self.names.columns());
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

    /// Appends the values of some lines, and gives those that break the contract; none is appended where there is no
    /// answer, because something in them has not the settled types.
    fn fill(
        &mut self,
        bytes: &[u8],
        cells: &[Cell],
        places: &[Place],
        extras: &[Extra],
    ) -> Result<Option<Vec<RowFaults>>, GateError> {
        match self {
            Self::Typed { gate, binding, columns, wanted, .. } => {
                let width = columns.len();
                let cells_of = |column| JsonCells { bytes, cells, width, column, wanted: wanted[column] };
                gate.check(binding, columns, places.len(), 1, cells_of).map(Some)
            }
            Self::Settled(settled) => {
                let is_filled = extras.is_empty() && settled.fill(bytes, cells, places.len())?;
                Ok(is_filled.then(Vec::new))
            }
            Self::Texts(texts) => {
                texts.fill(bytes, cells, places, extras);
                Ok(Some(Vec::new()))
            }
        }
    }

    fn finish(&mut self, good: usize, names: &Names) -> RecordBatch {
        match self {
            Self::Typed { columns, schema, .. } => {
                let arrays = columns.iter_mut().map(Column::finish).collect();
                let options = RecordBatchOptions::new().with_row_count(Some(good));
                RecordBatch::try_new_with_options(schema.clone(), arrays, &options)
                    .expect("columns are made by the schema, and records without a required value are taken out")
            }
            Self::Settled(settled) => settled.finish(),
            Self::Texts(texts) => texts.finish(good, names),
        }
    }
}
