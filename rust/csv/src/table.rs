//! Knows the columns of a table, and makes batches of the records that fit them; the others are rejects.

use crate::cells::{FieldCells, Meaning, unquote};
use crate::chunk::{Bad, Chunk, Expectation, judge};
use crate::errors::CsvErrorKind;
use crate::header::{name_columns, number_columns, refuse_too_many};
use crate::lines::Lines;
use crate::options::Options;
use crate::scanner::Record;
use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType as ArrowType, Field, Schema, SchemaRef};
use dativo_gate::{Binding, Column, DataType, Gate, RowFaults, side_by_side};
use dativo_text::{Decoded, RejectedRecord};
use std::sync::Arc;

/// Memory follows the number of cells, so a wide table gets fewer records per batch.
const MAX_BATCH_CELLS: usize = 1_000_000;

/// Fewer cells than this are not worth another thread.
const MIN_SHARED_CELLS: usize = 16_384;

pub struct Table {
    source: String,
    meaning: Meaning,
    batch_rows: usize,
    batch_bytes: usize,
    threads: usize,
    is_header_due: bool,
    names: Option<Vec<String>>,
    pub expected: Expectation,
    gate: Option<Gate>,
    /// Set with the first record behind the header: a source without a required column is told then.
    bound: Option<Bound>,
    batch: Pending,
    /// Records before the current chunk.
    rows: u64,
    has_emitted: bool,
    pub warnings: Vec<String>,
}

struct Bound {
    schema: SchemaRef,
    binding: Binding,
    columns: Vec<Column>,
}

/// What the next batch holds besides its columns.
#[derive(Default)]
struct Pending {
    records: usize,
    good: usize,
    /// Place of the first byte of its first record.
    start: u64,
    rejects: Vec<RejectedRecord>,
}

/// The bytes that are at hand, and where they stand.
pub struct Stretch<'b> {
    pub bytes: &'b [u8],
    /// Place of the first byte in the source.
    pub base: u64,
    pub lines: &'b mut Lines,
}

impl Table {
    pub fn new(options: &Options, gate: Option<Gate>, source: String) -> Self {
        let mut table = Self {
            source,
            meaning: Meaning::new(options.dialect().quote, &options.null_values),
            batch_rows: options.batch_rows,
            // Offsets of text have 31 bits, and the last record of a batch comes on top.
            batch_bytes: options.batch_bytes.min(1 << 30),
            threads: options.threads,
            is_header_due: options.header,
            names: None,
            expected: Expectation { allow_nul: options.allow_nul, ..Expectation::default() },
            gate,
            bound: None,
            batch: Pending::default(),
            rows: 0,
            has_emitted: false,
            warnings: Vec::new(),
        };
        if let Some(columns) = &options.columns {
            table.set_columns(columns.clone(), format!("columns names {}", columns.len()));
        }
        table
    }

    pub fn into_gate(self) -> Option<Gate> {
        self.gate
    }

    /// Whether the columns are known, so that records can be taken many at a time.
    pub fn is_settled(&self) -> bool {
        !self.is_header_due && self.names.is_some()
    }

    /// One record while the columns are not known: the header, or what tells how many columns there are. True when
    /// it was a header and is used up.
    pub fn settle(&mut self, stretch: &mut Stretch<'_>, record: &Record, ends: &[u32]) -> Result<bool, CsvErrorKind> {
        let line = stretch.lines.line_at(stretch.bytes, stretch.base, stretch.base + record.start as u64);
        let header_fault = |reason| CsvErrorKind::Header { reason, line };
        if !self.is_header_due {
            if self.names.is_none() && record.quote_fault.is_none() {
                refuse_too_many(record.fields).map_err(header_fault)?;
                self.set_columns(number_columns(record.fields), format!("the first record has {}", record.fields));
            }
            return Ok(false);
        }
        self.is_header_due = false;
        if self.names.is_none() {
            let (names, warnings) = self.read_header(stretch.bytes, record, ends).map_err(header_fault)?;
            self.warnings.extend(warnings);
            self.set_columns(names, format!("the header has {}", record.fields));
        }
        Ok(true)
    }

    fn read_header(&self, bytes: &[u8], record: &Record, ends: &[u32]) -> Result<(Vec<String>, Vec<String>), String> {
        refuse_too_many(record.fields)?;
        let expected = Expectation { fields: record.fields, ..self.expected.clone() };
        if let Some(fault) = judge(&bytes[record.start..record.end], record, &expected).first() {
            return Err(format!("the header {}", fault.reason));
        }
        let mut scratch = Vec::new();
        let names = ends.windows(2).map(|pair| {
            let raw = &bytes[pair[0].wrapping_add(1) as usize..pair[1] as usize];
            let text = match self.meaning.quote {
                Some(quote) if raw.first() == Some(&quote) => unquote(raw, raw.len(), quote, &mut scratch).bytes(),
                _ => raw,
            };
            String::from_utf8_lossy(text).into_owned()
        });
        name_columns(names.collect(), &self.source)
    }

    fn set_columns(&mut self, names: Vec<String>, reason: String) {
        self.expected.fields = names.len();
        self.expected.reason = reason;
        self.names = Some(names);
    }

    /// Takes the records of a chunk, and hands on every batch that is full.
    pub fn take(
        &mut self,
        stretch: &mut Stretch<'_>,
        ends: &[u32],
        chunk: &mut Chunk,
        out: &mut Vec<Decoded>,
    ) -> Result<(), CsvErrorKind> {
        let mut bad = std::mem::take(&mut chunk.bad).into_iter().peekable();
        let mut at = 0;
        while at < chunk.good.len() || bad.peek().is_some() {
            let first = chunk.numbers.get(at).copied().unwrap_or(u32::MAX);
            if self.batch.records == 0 {
                let is_bad_first = bad.peek().is_some_and(|bad| bad.number < first);
                let start = match bad.peek() {
                    Some(bad) if is_bad_first => bad.start,
                    _ => ends[chunk.good[at] as usize].wrapping_add(1) as usize,
                };
                self.batch.start = stretch.base + start as u64;
            }
            let mut rejected: Vec<Bad> = Vec::new();
            let from = at;
            let is_full = loop {
                let until = bad.peek().map_or(u32::MAX, |bad| bad.number);
                let (taken, is_full) = self.fit(stretch.base, ends, chunk, at, until);
                at += taken;
                self.batch.records += taken;
                if is_full {
                    break true;
                }
                let Some(next) = bad.next() else { break false };
                let end = stretch.base + next.end as u64;
                self.batch.records += 1;
                rejected.push(next);
                if self.is_full(end) {
                    break true;
                }
            };
            self.fill(stretch, ends, &chunk.good[from..at], &chunk.numbers[from..at], rejected, out)?;
            if is_full {
                self.flush(out);
            }
        }
        self.rows += u64::from(chunk.records);
        Ok(())
    }

    /// How many good records from one on, and before a number, still go into the batch, and whether it is full then.
    fn fit(&self, base: u64, ends: &[u32], chunk: &Chunk, from: usize, until: u32) -> (usize, bool) {
        let room = self.capacity() - self.batch.records;
        let numbers = &chunk.numbers[from..];
        let ahead = if until == u32::MAX { numbers.len() } else { numbers.partition_point(|number| *number < until) };
        let count = ahead.min(room);
        let end_of = |place: &u32| base + u64::from(ends[*place as usize + self.expected.fields]);
        let limit = self.batch.start + self.batch_bytes as u64;
        let good = &chunk.good[from..from + count];
        match good.last() {
            Some(last) if end_of(last) >= limit => (good.partition_point(|place| end_of(place) < limit) + 1, true),
            _ => (count, count == room),
        }
    }

    fn is_full(&self, end: u64) -> bool {
        self.batch.records >= self.capacity() || end - self.batch.start >= self.batch_bytes as u64
    }

    fn capacity(&self) -> usize {
        self.batch_rows.min(MAX_BATCH_CELLS / self.expected.fields.max(1)).max(1)
    }

    /// Appends good records to the columns, and all that is rejected to the rejects, in the order of the source.
    fn fill(
        &mut self,
        stretch: &mut Stretch<'_>,
        ends: &[u32],
        rows: &[u32],
        numbers: &[u32],
        rejected: Vec<Bad>,
        out: &mut Vec<Decoded>,
    ) -> Result<(), CsvErrorKind> {
        let faulty = self.fill_columns(stretch.bytes, ends, rows);
        let (faulty, failure) = match faulty {
            Ok(faulty) => (faulty, None),
            Err(failure) => (Vec::new(), Some(failure)),
        };
        self.batch.good += rows.len() - faulty.len();
        let by_gate = faulty.into_iter().map(|RowFaults { row, faults }| {
            let place = rows[row] as usize;
            let start = ends[place].wrapping_add(1) as usize;
            Bad { number: numbers[row], start, end: ends[place + self.expected.fields] as usize, faults }
        });
        let mut rejected: Vec<Bad> = rejected.into_iter().chain(by_gate).collect();
        rejected.sort_by_key(|bad| bad.number);
        for bad in rejected {
            let offset = stretch.base + bad.start as u64;
            self.batch.rejects.push(RejectedRecord {
                row: self.rows + u64::from(bad.number) + 1,
                line: stretch.lines.line_at(stretch.bytes, stretch.base, offset),
                offset,
                length: (bad.end - bad.start) as u64,
                raw: stretch.bytes[bad.start..bad.end].to_vec(),
                faults: bad.faults,
            });
        }
        let Some(failure) = failure else {
            return Ok(());
        };
        // The columns hold records that are half checked: only what was rejected before is handed on.
        self.flush_rejects(out);
        self.batch = Pending::default();
        self.bound = None;
        Err(failure)
    }

    fn fill_columns(&mut self, bytes: &[u8], ends: &[u32], rows: &[u32]) -> Result<Vec<RowFaults>, CsvErrorKind> {
        if self.bound.is_none() && self.names.is_some() {
            self.bind()?;
        }
        let Some(bound) = &mut self.bound else {
            return Ok(Vec::new());
        };
        let Bound { binding, columns, .. } = bound;
        let cells_of = |column| FieldCells::new(bytes, ends, rows, column, &self.meaning);
        let threads = if rows.len() * columns.len() < MIN_SHARED_CELLS { 1 } else { self.threads.min(columns.len()) };
        if let Some(gate) = &mut self.gate {
            return gate.check(binding, columns, rows.len(), threads, cells_of).map_err(CsvErrorKind::Gate);
        }
        side_by_side(columns.iter_mut().enumerate(), threads, |(number, column)| {
            column.fill(&cells_of(number), &mut Vec::new());
        });
        Ok(Vec::new())
    }

    fn bind(&mut self) -> Result<(), CsvErrorKind> {
        let names = self.names.clone().unwrap_or_default();
        let bound = match &self.gate {
            None => Bound {
                schema: Arc::new(Schema::new(
                    names.iter().map(|name| Field::new(name, ArrowType::Utf8, true)).collect::<Vec<_>>(),
                )),
                binding: Binding::default(),
                columns: names.iter().map(|_| Column::new(DataType::String)).collect(),
            },
            Some(gate) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let mut binding = gate.bind(&names, &self.source).map_err(CsvErrorKind::Gate)?;
                self.warnings.append(&mut binding.warnings);
                Bound { schema: Arc::new(gate.schema()), binding, columns: gate.columns() }
            }
        };
        self.bound = Some(bound);
        Ok(())
    }

    /// Hands on what there is, full or not.
    pub fn flush(&mut self, out: &mut Vec<Decoded>) {
        let Some(bound) = &mut self.bound else {
            return self.flush_rejects(out);
        };
        if self.batch.records == 0 {
            return;
        }
        let columns = bound.columns.iter_mut().map(Column::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.batch.good));
        let rows = RecordBatch::try_new_with_options(bound.schema.clone(), columns, &options)
            .expect("columns are made by the schema, and records without a required value are taken out");
        self.emit(rows, out);
    }

    /// Rejects alone, before the columns of a batch are known or when they cannot be.
    fn flush_rejects(&mut self, out: &mut Vec<Decoded>) {
        if !self.batch.rejects.is_empty() {
            self.emit(RecordBatch::new_empty(Arc::new(Schema::empty())), out);
        }
    }

    fn emit(&mut self, rows: RecordBatch, out: &mut Vec<Decoded>) {
        let Pending { records, rejects, .. } = std::mem::take(&mut self.batch);
        self.has_emitted |= rows.num_columns() > 0;
        out.push(Decoded { rows, rejects, rows_read: records as u64 });
    }

    /// The last batch. Whoever asks for the columns of a table without records gets them.
    pub fn finish(&mut self, out: &mut Vec<Decoded>) -> Result<(), CsvErrorKind> {
        let has_columns = self.names.is_some();
        self.flush(out);
        if self.is_header_due || (!has_columns && self.rows == 0) {
            return Err(CsvErrorKind::Empty);
        }
        if self.has_emitted {
            return Ok(());
        }
        self.bind()?;
        let Some(bound) = &self.bound else {
            return Ok(());
        };
        out.push(Decoded { rows: RecordBatch::new_empty(bound.schema.clone()), rejects: Vec::new(), rows_read: 0 });
        Ok(())
    }
}
