//! Record batches in, one Parquet file out.
use crate::digest_file::{DigestFile, Sealed};
use crate::encode_pool::{EncodePool, Shared};
use crate::error::Cause;
use crate::fields::Fields;
use crate::group_sink::{self, File, Group};
use crate::lane::{Gathering, Job};
use crate::{Error, Options, Result, properties, schema};
use arrow_array::{Array, RecordBatch};
use arrow_schema::SchemaRef;
use dativo_checksum::ColumnChecksum;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::TypePtr;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Rows that a row group wants to see before its columns' encodings are chosen.
const SAMPLE_ROWS: usize = 4096;
/// So many bytes of fewer rows are enough.
const SAMPLE_BYTES: usize = 1 << 20;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    pub path: PathBuf,
    pub size_bytes: u64,
    pub rows: u64,
    pub row_groups: usize,
    /// 64 hex digits.
    pub sha256: String,
    /// Of each column.
    pub checksums: Vec<ColumnChecksum>,
}

/// Writes one file. Dropped before [`FileWriter::finish`], it leaves nothing behind.
///
/// Columns are encoded page by page as batches arrive, on threads of the writer; what waits for them is bounded, and
/// [`FileWriter::write`] waits when there is more. Memory holds the compressed pages of the row group at hand and of
/// the one being written.
pub struct FileWriter {
    path: PathBuf,
    schema: SchemaRef,
    parquet_schema: TypePtr,
    options: Options,
    fields: Fields,
    pool: EncodePool,
    groups: Option<SyncSender<Group>>,
    file: Option<JoinHandle<std::result::Result<File, Cause>>>,
    /// Batches of a row group whose encodings are not chosen yet.
    pending: VecDeque<RecordBatch>,
    pending_bytes: usize,
    /// Rows of the row group at hand, when one is open.
    open_rows: Option<usize>,
    rows: u64,
    row_groups: usize,
}

impl FileWriter {
    /// Makes a new file; one that exists is an error. The schema's metadata is not written: that of the options is.
    pub fn create(path: impl AsRef<Path>, schema: SchemaRef, options: Options) -> Result<Self> {
        let path = path.as_ref();
        let fault = |cause: Cause| Error::new(path, cause);
        let parquet_schema = schema::to_parquet_schema(&schema).map_err(|e| fault(Cause::Unfit(plain(&e))))?;
        if options.row_group_size == 0 {
            return Err(fault(Cause::Unfit("row_group_size is at least 1".to_owned())));
        }
        let file = DigestFile::create(path).map_err(|e| fault(e.into()))?;
        Self::over(file, path, schema, parquet_schema, options).map_err(fault)
    }

    fn over(
        file: DigestFile,
        path: &Path,
        schema: SchemaRef,
        parquet_schema: TypePtr,
        options: Options,
    ) -> std::result::Result<Self, Cause> {
        let file = SerializedFileWriter::new(file, parquet_schema.clone(), properties::of_file(&options)?)?;
        let compression = options.compression.codec()?;
        let (fields, lanes) = Fields::of(&schema, &parquet_schema, compression)?;
        let pool = EncodePool::start(lanes, options.threads, compression)?;
        // A row group is handed over only when the one before it is written.
        let (groups, arriving) = sync_channel(0);
        let shared = pool.shared();
        let run = move || write_groups(file, &arriving, &shared);
        let file = Builder::new().name("parquet-write".to_owned()).spawn(run)?;
        Ok(Self {
            path: path.to_owned(),
            schema,
            parquet_schema,
            options,
            fields,
            pool,
            groups: Some(groups),
            file: Some(file),
            pending: VecDeque::new(),
            pending_bytes: 0,
            open_rows: None,
            rows: 0,
            row_groups: 0,
        })
    }

    /// Takes a batch of the file's schema. After an error the file cannot be finished.
    pub fn write(&mut self, batch: RecordBatch) -> Result<()> {
        check(&self.path, &self.schema, self.rows, &batch)?;
        self.rows += batch.num_rows() as u64;
        self.hold(batch);
        self.encode_held(false).map_err(|cause| Error::new(&self.path, cause))
    }

    /// Bytes held in memory.
    pub fn buffered_bytes(&self) -> usize {
        self.pending_bytes + self.pool.shared().held_bytes()
    }

    /// Writes what is held and the footer, and waits until the file is on the disk.
    pub fn finish(self) -> Result<FileFacts> {
        self.close()?.wait()
    }

    /// Encodes what is held. The rest, the footer and waiting for the disk, goes on by itself.
    pub fn close(mut self) -> Result<Sealing> {
        let encoded = self.encode_held(true).and_then(|()| {
            self.close_group()?;
            self.pool.stop(false)
        });
        encoded.map_err(|cause| Error::new(&self.path, cause))?;
        drop(self.groups.take());
        let Some(file) = self.file.take() else {
            return Err(Error::new(&self.path, io::Error::other("the file is closed")));
        };
        let (path, schema) = (self.path.clone(), self.parquet_schema.clone());
        let (rows, row_groups) = (self.rows, self.row_groups);
        let checksums = self.pool.checksums();
        let seal = move || {
            let file = file.join().unwrap_or_else(|panic| Err(Cause::from_panic(&*panic)));
            let sealed = file.and_then(|file| group_sink::finish(file, &schema));
            let Sealed { size_bytes, sha256 } = sealed.map_err(|cause| Error::new(&path, cause))?;
            Ok(FileFacts { path, size_bytes, rows, row_groups, sha256, checksums })
        };
        let thread = Builder::new().name("parquet-seal".to_owned()).spawn(seal);
        Ok(Sealing { thread: Some(thread.map_err(|error| Error::new(&self.path, error))?), path: self.path.clone() })
    }

    /// Gives up, and removes the file.
    pub fn abort(self) {}

    fn hold(&mut self, batch: RecordBatch) {
        if batch.num_rows() > 0 {
            self.pending_bytes += bytes_of(&batch);
            self.pending.push_back(batch);
        }
    }

    /// Hands the pending batches to the pool, as far as a row group is open or can be opened.
    fn encode_held(&mut self, is_last: bool) -> std::result::Result<(), Cause> {
        self.pool.shared().failure()?;
        while !self.pending.is_empty() {
            let open_rows = match self.open_rows {
                Some(rows) => rows,
                None if !is_last && !self.knows_enough() => return Ok(()),
                None => self.open_group()?,
            };
            let Some(batch) = self.pending.pop_front() else {
                return Ok(());
            };
            let room = self.options.row_group_size - open_rows;
            if batch.num_rows() > room {
                self.pending.push_front(batch.slice(room, batch.num_rows() - room));
            }
            let part = batch.slice(0, room.min(batch.num_rows()));
            self.pending_bytes = self.pending.iter().map(bytes_of).sum();
            let rows = part.num_rows();
            drop(batch);
            self.pool.push(part.columns().iter().cloned().map(Job::Encode))?;
            self.open_rows = Some(open_rows + rows);
            let is_full = rows == room || self.pool.shared().group_bytes() >= self.options.row_group_bytes;
            if is_full {
                self.close_group()?;
            }
        }
        Ok(())
    }

    fn knows_enough(&self) -> bool {
        let rows: usize = self.pending.iter().map(RecordBatch::num_rows).sum();
        rows >= SAMPLE_ROWS.min(self.options.row_group_size) || self.pending_bytes >= SAMPLE_BYTES
    }

    fn open_group(&mut self) -> std::result::Result<usize, Cause> {
        let first: Vec<_> = self.pending.iter().collect();
        let properties = properties::of_group(&self.options, self.schema.fields(), &first)?;
        let jobs = self.fields.open(&properties, self.row_groups)?;
        self.pool.push(jobs.into_iter())?;
        self.row_groups += 1;
        self.open_rows = Some(0);
        Ok(0)
    }

    fn close_group(&mut self) -> std::result::Result<(), Cause> {
        let (Some(_), Some(groups)) = (self.open_rows.take(), &self.groups) else {
            return Ok(());
        };
        let columns = self.schema.fields().len();
        let gathering = Arc::new(Gathering::new(columns, groups.clone()));
        self.pool.push((0..columns).map(|_| Job::Close(gathering.clone())))
    }

    /// Waits for the row groups that are on their way.
    fn join_file(&mut self) -> Option<std::result::Result<File, Cause>> {
        drop(self.groups.take());
        let joined = self.file.take()?.join();
        Some(joined.unwrap_or_else(|panic| Err(Cause::from_panic(&*panic))))
    }
}

/// A file that is encoded and on its way to the disk.
pub struct Sealing {
    path: PathBuf,
    thread: Option<JoinHandle<Result<FileFacts>>>,
}

impl Sealing {
    /// Waits until the file is on the disk.
    pub fn wait(mut self) -> Result<FileFacts> {
        let joined = self.thread.take().map(JoinHandle::join);
        let facts = joined.unwrap_or_else(|| Err(Box::new("the file is closed")));
        facts.unwrap_or_else(|panic| Err(Error::new(&self.path, Cause::from_panic(&*panic))))
    }
}

impl Drop for Sealing {
    fn drop(&mut self) {
        // Nothing of the file may go on when its folder is cleared.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        // The file removes itself when its thread lets go of it, which is to have happened when this returns.
        let _ = self.pool.stop(true);
        let _ = self.join_file();
    }
}

fn write_groups(mut file: File, arriving: &Receiver<Group>, shared: &Shared) -> std::result::Result<File, Cause> {
    for group in arriving {
        let bytes = group.iter().flatten().map(|chunk| chunk.close().bytes_written as usize).sum();
        shared.set_writing_bytes(bytes);
        let outcome = catch_unwind(AssertUnwindSafe(|| group_sink::append(&mut file, group)));
        shared.set_writing_bytes(0);
        if let Err(cause) = outcome.unwrap_or_else(|panic| Err(Cause::from_panic(&*panic))) {
            shared.fail(cause.clone());
            return Err(cause);
        }
    }
    Ok(file)
}

/// Holds a batch to the schema of its file, which has `rows` records so far.
pub(crate) fn check(path: &Path, schema: &SchemaRef, rows: u64, batch: &RecordBatch) -> Result<()> {
    let unfit = |message: String| Err(Error::new(path, Cause::Unfit(message)));
    let is_same = Arc::ptr_eq(batch.schema_ref(), schema)
        || batch
            .schema_ref()
            .fields()
            .iter()
            .map(|f| (f.name(), f.data_type()))
            .eq(schema.fields().iter().map(|f| (f.name(), f.data_type())));
    if !is_same {
        return unfit(format!("a batch has another schema than the file: {:?}", batch.schema_ref().fields()));
    }
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        if !field.is_nullable() && column.logical_null_count() > 0 {
            let row = (0..column.len()).find(|&row| column.is_null(row)).unwrap_or_default() as u64;
            let (row, name) = (rows + row + 1, field.name());
            return unfit(format!(
                "record {row}: the value of field '{name}' is missing, and the field is not nullable"
            ));
        }
    }
    Ok(())
}

fn bytes_of(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or_default()).sum()
}

/// Without the prefix that says which library speaks.
pub(crate) fn plain(error: &parquet::errors::ParquetError) -> String {
    match error {
        parquet::errors::ParquetError::General(message) => message.clone(),
        other => other.to_string(),
    }
}
