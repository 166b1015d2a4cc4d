//! One field's share of the work: its jobs run in order, whichever thread runs them.
use crate::group_sink::Group;
use arrow_array::{Array, ArrayRef};
use arrow_schema::FieldRef;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::basic::LogicalType;
use parquet::errors::Result;
use parquet::file::statistics::Statistics;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows whose levels are computed at a time: a batch of any size takes no more memory for them.
const STEP_ROWS: usize = 32_768;

pub(crate) enum Job {
    /// A row group begins, with one writer for each leaf of the field.
    Open(Vec<ArrowColumnWriter>),
    Encode(ArrayRef),
    /// The row group ends.
    Close(Arc<Gathering>),
}

pub(crate) struct Lane {
    index: usize,
    field: FieldRef,
    writers: Vec<ArrowColumnWriter>,
}

impl Lane {
    pub fn new(index: usize, field: FieldRef) -> Self {
        Self { index, field, writers: Vec::new() }
    }

    pub fn run(&mut self, job: Job) -> Result<()> {
        match job {
            Job::Open(writers) => self.writers = writers,
            Job::Encode(column) => {
                for start in (0..column.len()).step_by(STEP_ROWS) {
                    self.encode(&column.slice(start, STEP_ROWS.min(column.len() - start)))?;
                }
            }
            Job::Close(gathering) => {
                let writers = std::mem::take(&mut self.writers).into_iter();
                let chunks = writers.map(|writer| writer.close().and_then(without_json_bounds));
                gathering.put(self.index, chunks.collect::<Result<_>>()?);
            }
        }
        Ok(())
    }

    /// Bytes of the row group so far, encoded or about to be.
    pub fn memory(&self) -> usize {
        self.writers.iter().map(ArrowColumnWriter::memory_size).sum()
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

/// Where the columns of a row group come together. The last one hands all of them over.
pub(crate) struct Gathering {
    columns: Mutex<Vec<Option<Vec<ArrowColumnChunk>>>>,
    to: SyncSender<Group>,
}

impl Gathering {
    pub fn new(columns: usize, to: SyncSender<Group>) -> Self {
        Self { columns: Mutex::new((0..columns).map(|_| None).collect()), to }
    }

    fn put(&self, index: usize, leaves: Vec<ArrowColumnChunk>) {
        let mut columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        columns[index] = Some(leaves);
        if columns.iter().all(Option::is_some) {
            // The receiver is gone only after it failed, which is told elsewhere.
            let _ = self.to.send(columns.drain(..).flatten().collect());
        }
    }
}
