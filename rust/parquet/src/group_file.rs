//! A Parquet file whose row groups are given whole.
use crate::digest_file::{DigestFile, Sealed};
use crate::error::Cause;
use crate::fields::Fields;
use crate::flat::Codec;
use crate::group_sink::{self, File};
use crate::lane::{Gathering, Job};
use crate::writer::{check, plain};
use crate::{Error, FileFacts, Options, Result, properties, schema};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use dativo_checksum::ColumnChecksum;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::TypePtr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

/// What the library keeps of an open file, with its buffer, about.
const FILE_BYTES: usize = 12 << 10;
/// What it keeps of a column of each row group until the end.
const GROUP_COLUMN_BYTES: usize = 640;

/// What a thread encodes row groups of any number of files with.
pub struct GroupEncoder {
    codec: Codec,
}

impl GroupEncoder {
    pub fn new(options: &Options) -> Result<Self> {
        let codec = options.compression.codec().and_then(Codec::new);
        Ok(Self { codec: codec.map_err(|cause| Error::new(Path::new(""), cause))? })
    }
}

/// One of many files that are written side by side. Between row groups it has no thread, no descriptor and no buffer.
///
/// Dropped before [`GroupFile::finish`], it leaves nothing behind.
pub struct GroupFile {
    path: PathBuf,
    schema: SchemaRef,
    parquet_schema: TypePtr,
    options: Arc<Options>,
    file: File,
    checksums: Vec<ColumnChecksum>,
    rows: u64,
    row_groups: usize,
}

impl GroupFile {
    /// Makes a new file; one that exists is an error. The schema's metadata is not written: that of the options is.
    pub fn create(path: impl AsRef<Path>, schema: SchemaRef, options: Arc<Options>) -> Result<Self> {
        let path = path.as_ref();
        let fault = |cause: Cause| Error::new(path, cause);
        let parquet_schema = schema::to_parquet_schema(&schema).map_err(|e| fault(Cause::Unfit(plain(&e))))?;
        let mut file = DigestFile::create(path).map_err(|e| fault(e.into()))?;
        file.park().map_err(|e| fault(e.into()))?;
        let properties = properties::of_file(&options).map_err(|e| fault(e.into()))?;
        let file = SerializedFileWriter::new(file, parquet_schema.clone(), properties).map_err(|e| fault(e.into()))?;
        let (path, checksums) = (path.to_owned(), Vec::new());
        Ok(Self { path, schema, parquet_schema, options, file, checksums, rows: 0, row_groups: 0 })
    }

    /// Writes batches of the file's schema as one row group. After an error the file cannot be finished.
    pub fn write_group(&mut self, batches: &[RecordBatch], encoder: &mut GroupEncoder) -> Result<()> {
        for batch in batches {
            check(&self.path, &self.schema, self.rows, batch)?;
            self.rows += batch.num_rows() as u64;
        }
        self.encode(batches, encoder).map_err(|cause| Error::new(&self.path, cause))
    }

    /// Bytes of the file so far.
    pub fn size_bytes(&self) -> u64 {
        self.file.inner().written()
    }

    /// What it holds in memory.
    pub fn held_bytes(&self) -> usize {
        FILE_BYTES + self.row_groups * self.schema.fields().len() * GROUP_COLUMN_BYTES
    }

    /// Writes the footer, and waits until the file is on the disk.
    pub fn finish(self) -> Result<FileFacts> {
        let Self { path, parquet_schema, file, checksums, rows, row_groups, .. } = self;
        let sealed = group_sink::finish(file, &parquet_schema);
        let Sealed { size_bytes, sha256 } = sealed.map_err(|cause| Error::new(&path, cause))?;
        Ok(FileFacts { path, size_bytes, rows, row_groups, sha256, checksums })
    }

    fn encode(&mut self, batches: &[RecordBatch], encoder: &mut GroupEncoder) -> std::result::Result<(), Cause> {
        let codec = self.options.compression.codec()?;
        let (fields, mut lanes) = Fields::of(&self.schema, &self.parquet_schema, codec)?;
        let first: Vec<_> = batches.iter().collect();
        let settings = properties::of_group(&self.options, self.schema.fields(), &first)?;
        let (groups, made) = sync_channel(1);
        let gathering = Arc::new(Gathering::new(lanes.len(), groups));
        let openings = fields.open(&settings, self.row_groups)?;
        for (index, (lane, opening)) in lanes.iter_mut().zip(openings).enumerate() {
            lane.run(opening, &mut encoder.codec)?;
            for batch in batches {
                lane.run(Job::Encode(batch.column(index).clone()), &mut encoder.codec)?;
            }
            lane.run(Job::Close(gathering.clone()), &mut encoder.codec)?;
        }
        let sums = lanes.iter().map(crate::lane::Lane::checksum);
        if self.checksums.is_empty() {
            self.checksums = sums.collect();
        } else {
            self.checksums.iter_mut().zip(sums).for_each(|(all, one)| all.add(&one));
        }
        self.row_groups += 1;
        let group = made.recv().map_err(|_| Cause::Panicked("a row group without columns".to_owned()))?;
        group_sink::append(&mut self.file, group)?;
        self.file.inner_mut().park()?;
        Ok(())
    }
}
