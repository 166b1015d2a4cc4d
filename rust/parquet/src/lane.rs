//! One field's share of the work: its jobs run in order, whichever thread runs them.
use crate::flat::{Codec, FlatChunk, FlatColumn, Settings};
use crate::group_sink::Group;
use arrow_array::{Array, ArrayRef};
use arrow_schema::FieldRef;
use dativo_checksum::{ColumnChecksum, ColumnSum};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::basic::LogicalType;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result;
use parquet::file::statistics::Statistics;
use parquet::file::writer::SerializedRowGroupWriter;
use std::io::Write;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows whose levels the library computes at a time: a batch of any size takes no more memory for them.
const STEP_ROWS: usize = 32_768;

pub(crate) enum Job {
    /// A row group begins.
    Open(Opening),
    Encode(ArrayRef),
    /// The row group ends.
    Close(Arc<Gathering>),
}

/// How a field begins a row group.
pub(crate) enum Opening {
    Flat(Settings),
    /// With one writer for each leaf of the field.
    Library(Vec<ArrowColumnWriter>),
}

pub(crate) struct Lane {
    index: usize,
    field: FieldRef,
    /// Of a field that is encoded here and not by the library.
    flat: Option<Box<dyn FlatColumn>>,
    writers: Vec<ArrowColumnWriter>,
    /// Of the whole file.
    sum: ColumnSum,
}

impl Lane {
    pub fn new(index: usize, field: FieldRef, flat: Option<Box<dyn FlatColumn>>) -> Self {
        let sum = ColumnSum::new(&field);
        Self { index, field, flat, writers: Vec::new(), sum }
    }

    pub fn run(&mut self, job: Job, codec: &mut Codec) -> Result<()> {
        if let Job::Encode(column) = &job {
            self.sum.add(column);
        }
        match (job, &mut self.flat) {
            (Job::Open(Opening::Flat(settings)), Some(flat)) => flat.open(settings),
            (Job::Open(Opening::Library(writers)), _) => self.writers = writers,
            (Job::Open(Opening::Flat(_)), None) => {}
            (Job::Encode(column), Some(flat)) => flat.write(&column, codec)?,
            (Job::Encode(column), None) => {
                for start in (0..column.len()).step_by(STEP_ROWS) {
                    self.encode(&column.slice(start, STEP_ROWS.min(column.len() - start)))?;
                }
            }
            (Job::Close(gathering), flat) => {
                let flat = flat.as_mut().map(|flat| flat.close(codec).map(Chunk::Flat));
                let writers = std::mem::take(&mut self.writers).into_iter();
                let leaves = writers.map(|writer| writer.close().and_then(without_json_bounds).map(Chunk::Library));
                gathering.put(self.index, flat.into_iter().chain(leaves).collect::<Result<_>>()?);
            }
        }
        Ok(())
    }

    /// What the field holds in all that was encoded.
    pub fn checksum(&self) -> ColumnChecksum {
        self.sum.build()
    }

    /// Bytes of the row group so far, encoded or about to be.
    pub fn memory(&self) -> usize {
        let flat = self.flat.as_ref().map_or(0, |flat| flat.memory());
        flat + self.writers.iter().map(ArrowColumnWriter::memory_size).sum::<usize>()
    }

    fn encode(&mut self, column: &ArrayRef) -> Result<()> {
        let leaves = compute_leaves(&self.field, column)?;
        leaves.iter().zip(&mut self.writers).try_for_each(|(leaf, writer)| writer.write(leaf))
    }
}

/// JSON keeps no bounds: whole documents would swell the footer, and their order means nothing.
fn without_json_bounds(mut chunk: ArrowColumnChunk) -> Result<ArrowColumnChunk> {
    let metadata = &chunk.close().metadata;
    if metadata.column_descr().logical_type_ref() == Some(&LogicalType::Json)
        && let Some(statistics) = metadata.statistics()
    {
        let nulls = Statistics::byte_array(None, None, None, statistics.null_count_opt(), false);
        chunk.close_mut().metadata = metadata.clone().into_builder().set_statistics(nulls).build()?;
    }
    Ok(chunk)
}

/// A leaf's part of a row group.
pub(crate) enum Chunk {
    Flat(FlatChunk),
    Library(ArrowColumnChunk),
}

impl Chunk {
    pub fn close(&self) -> &ColumnCloseResult {
        match self {
            Self::Flat(chunk) => chunk.close(),
            Self::Library(chunk) => chunk.close(),
        }
    }

    pub fn append_to_row_group<W: Write + Send>(self, group: &mut SerializedRowGroupWriter<'_, W>) -> Result<()> {
        match self {
            Self::Flat(chunk) => chunk.append_to_row_group(group),
            Self::Library(chunk) => chunk.append_to_row_group(group),
        }
    }
}

/// Where the columns of a row group come together. The last one hands all of them over.
pub(crate) struct Gathering {
    columns: Mutex<Vec<Option<Vec<Chunk>>>>,
    to: SyncSender<Group>,
}

impl Gathering {
    pub fn new(columns: usize, to: SyncSender<Group>) -> Self {
        Self { columns: Mutex::new((0..columns).map(|_| None).collect()), to }
    }

    fn put(&self, index: usize, leaves: Vec<Chunk>) {
        let mut columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        columns[index] = Some(leaves);
        if columns.iter().all(Option::is_some) {
            // The receiver is gone only after it failed, which is told elsewhere.
            let _ = self.to.send(columns.drain(..).flatten().collect());
        }
    }
}
