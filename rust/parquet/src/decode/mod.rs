//! Columns of a file as the host's types. What type a column has was settled by the host, by the footer that it read:
//! here no annotation of the schema is looked at, only how values are stored.
//!
//! A value that has no place in its type is an error without a place. The host then reads on by its own decoder from the
//! first record that it was not given, and that one knows better.
mod cells;
mod checked_pages;
mod plan;
mod raw_schema;
mod shared_file;

pub use plan::{Cells, ColumnPlan, Unit};
pub use shared_file::SharedFile;

use crate::error::Cause;
use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema, SchemaRef};
use cells::to_cells;
use checked_pages::CheckedGroups;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use raw_schema::without_annotations;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};

/// The columns that are wanted, of all records of a file, a batch at a time. Ends after an error.
pub struct Columns {
    file: SharedFile,
    inner: Option<ParquetRecordBatchReader>,
    /// For each wanted column its place among those read.
    wanted: Vec<(usize, ColumnPlan)>,
    schema: SchemaRef,
}

impl Columns {
    /// # Errors
    /// When the file cannot be read in this way.
    pub fn open(file: SharedFile, columns: Vec<ColumnPlan>, batch_rows: usize) -> Result<Self, Cause> {
        guarded(|| {
            let read = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new().with_skip_arrow_metadata(true))?;
            let metadata = Arc::new(without_annotations(read.metadata())?);
            let mut roots: Vec<_> = columns.iter().map(|column| column.index).collect();
            roots.sort_unstable();
            roots.dedup();
            let schema = metadata.file_metadata().schema_descr();
            let mask = ProjectionMask::roots(schema, roots.iter().copied());
            let levels = parquet_to_arrow_field_levels(schema, mask, None)?;
            let groups = CheckedGroups { file: Arc::new(file.clone()), metadata: metadata.clone() };
            let inner = ParquetRecordBatchReader::try_new_with_row_groups(&levels, &groups, batch_rows.max(1), None)?;
            let place = |column: ColumnPlan| (roots.binary_search(&column.index).unwrap_or_default(), column);
            let wanted: Vec<_> = columns.into_iter().map(place).collect();
            let fields = wanted.iter().map(|(_, column)| field_of(column)).collect::<Vec<_>>();
            Ok(Self { file: file.clone(), inner: Some(inner), wanted, schema: Arc::new(Schema::new(fields)) })
        })
    }

    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Bytes taken from the file since this was last asked.
    pub fn take_read_bytes(&self) -> u64 {
        self.file.take_read_bytes()
    }

    fn read(&mut self) -> Result<Option<RecordBatch>, Cause> {
        let Some(inner) = &mut self.inner else { return Ok(None) };
        let Some(batch) = inner.next() else { return Ok(None) };
        let batch = batch.map_err(|error| Cause::Parquet(error.to_string()))?;
        let columns = self.wanted.iter().map(|(place, column)| to_cells(batch.column(*place), &column.cells));
        let made = RecordBatch::try_new(self.schema.clone(), columns.collect::<Result<_, _>>()?);
        made.map(Some).map_err(|error| Cause::Parquet(error.to_string()))
    }
}

impl Iterator for Columns {
    type Item = Result<RecordBatch, Cause>;

    fn next(&mut self) -> Option<Self::Item> {
        let outcome = guarded(|| self.read());
        if !matches!(outcome, Ok(Some(_))) {
            self.inner = None;
        }
        outcome.transpose()
    }
}

fn field_of(ColumnPlan { name, nullable, cells, .. }: &ColumnPlan) -> Field {
    Field::new(name, cells.arrow(), *nullable)
}

/// A damaged file may make the library panic, which is no reason for the process to end, nor to write anything: the host
/// says what is wrong with the file.
fn guarded<T>(work: impl FnOnce() -> Result<T, Cause>) -> Result<T, Cause> {
    QUIET_HOOK.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                tell(panic);
            }
        }));
    });
    IS_QUIET.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Cause::from_panic(&*panic)));
    IS_QUIET.set(false);
    outcome
}

static QUIET_HOOK: Once = Once::new();

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}
