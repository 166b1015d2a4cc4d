//! One Parquet file in, record batches out.
use crate::error::Cause;
use crate::predicate::Predicate;
use crate::{Error, Result};
use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::LogicalType;
use parquet::file::metadata::RowGroupMetaData;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a batch, at most.
pub const BATCH_ROWS: usize = 65_536;

/// What is read of a file.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Names of the columns, in this order; all when nothing is said.
    pub columns: Option<Vec<String>>,
    /// Row groups where one of these cannot match are left out. Rows are not filtered.
    pub predicates: Vec<Predicate>,
    pub batch_rows: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { columns: None, predicates: Vec::new(), batch_rows: BATCH_ROWS }
    }
}

/// An open file whose footer is read.
pub struct FileReader {
    path: PathBuf,
    file: File,
    metadata: ArrowReaderMetadata,
    schema: SchemaRef,
}

impl FileReader {
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|error| Error::new(path, error))?;
        // Types are those of the Parquet schema, whatever an Arrow library left behind of its own.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = guarded(path, || Ok(ArrowReaderMetadata::load(&file, options)?))?;
        let schema = Arc::new(with_json_marks(&metadata));
        Ok(Self { path: path.to_owned(), file, metadata, schema })
    }

    /// The schema of the whole file; its metadata is that of the footer.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Rows of the whole file.
    pub fn rows(&self) -> u64 {
        self.metadata.metadata().file_metadata().num_rows().unsigned_abs()
    }

    pub fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    pub fn read(&self, options: &ReadOptions) -> Result<Batches> {
        let unfit = |message: String| Error::new(&self.path, Cause::Unfit(message));
        let index_of =
            |name: &String| self.schema.index_of(name).map_err(|_| unfit(format!("the file has no column '{name}'")));
        let wanted = match &options.columns {
            Some(names) => names.iter().map(index_of).collect::<Result<Vec<_>>>()?,
            None => (0..self.schema.fields().len()).collect(),
        };
        let predicates = options.predicates.iter().map(|predicate| Ok((index_of(&predicate.column)?, predicate)));
        let predicates = predicates.collect::<Result<Vec<_>>>()?;
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        let kept = groups.filter(|(_, group)| predicates.iter().all(|(root, p)| may_match(group, *root, p)));
        let kept = kept.map(|(index, _)| index).collect();

        // The library gives columns in the order of the file.
        let mut in_file: Vec<_> = wanted.clone();
        in_file.sort_unstable();
        in_file.dedup();
        let order = wanted.iter().map(|index| in_file.binary_search(index).unwrap_or_default()).collect();
        let schema = self.schema.project(&wanted).map_err(|error| unfit(error.to_string()))?;
        let inner = guarded(&self.path, || {
            let file = self.file.try_clone()?;
            Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_projection(ProjectionMask::roots(self.metadata.parquet_schema(), in_file))
                .with_row_groups(kept)
                .with_batch_size(options.batch_rows.max(1))
                .build()?)
        })?;
        Ok(Batches { path: self.path.clone(), inner: Some(inner), order, schema: Arc::new(schema) })
    }
}

/// The batches of a file. Ends after an error.
pub struct Batches {
    path: PathBuf,
    inner: Option<ParquetRecordBatchReader>,
    /// Place of each wanted column among those read.
    order: Vec<usize>,
    schema: SchemaRef,
}

impl Batches {
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let inner = self.inner.as_mut()?;
        let outcome = guarded(&self.path, || {
            let Some(batch) = inner.next() else { return Ok(None) };
            let batch = batch.map_err(|error| Cause::Parquet(error.to_string()))?;
            let columns = self.order.iter().map(|&index| batch.column(index).clone()).collect();
            let made = RecordBatch::try_new(self.schema.clone(), columns);
            Ok(Some(made.map_err(|error| Cause::Parquet(error.to_string()))?))
        });
        if !matches!(outcome, Ok(Some(_))) {
            self.inner = None;
        }
        outcome.transpose()
    }
}

/// A damaged file may make the library panic, which is no reason for the process to end.
fn guarded<T>(path: &Path, work: impl FnOnce() -> std::result::Result<T, Cause>) -> Result<T> {
    let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Cause::from_panic(&*panic)));
    outcome.map_err(|cause| Error::new(path, cause))
}

/// Only columns with nothing inside have bounds that say something of their rows.
fn may_match(group: &RowGroupMetaData, root: usize, predicate: &Predicate) -> bool {
    let schema = group.schema_descr();
    let leaf = (0..schema.num_columns()).find(|&leaf| schema.get_column_root_idx(leaf) == root);
    leaf.is_none_or(|leaf| schema.get_column_root(leaf).is_group() || predicate.may_match(group.column(leaf)))
}

/// Top-level JSON comes with the mark that the writer takes.
fn with_json_marks(metadata: &ArrowReaderMetadata) -> Schema {
    let types = metadata.parquet_schema().root_schema().get_fields();
    let mark = |field: &Field, is_json: bool| match is_json {
        true => field.clone().with_metadata([("ARROW:extension:name".to_owned(), "arrow.json".to_owned())]),
        false => field.clone(),
    };
    let fields = metadata
        .schema()
        .fields()
        .iter()
        .zip(types)
        .map(|(field, kind)| mark(field, kind.get_basic_info().logical_type_ref() == Some(&LogicalType::Json)));
    Schema::new(fields.collect::<Vec<_>>()).with_metadata(metadata.schema().metadata().clone())
}
