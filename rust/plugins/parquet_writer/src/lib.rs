//! `libparquet_writer_plugin.so:create_writer`: Parquet files of records, under `output_base` of the configuration.
//!
//! `engine.options`: `compression` (zstd, snappy, gzip, lz4, none), `compression_level`, `row_group_size` in records,
//! `page_size` in bytes, `encodings` (plain, delta, split), `target_size_mb` after which the next file begins,
//! `statistics`. `partitioning` divides the files by columns; what they hold in memory is at most `partition_bytes`. The files say which contract their records kept, where the configuration has one.
use dativo_parquet::{ColumnChecksum, Compression, Encodings, FileFacts, FileWriter, Options, Sealing};
use dativo_plugin::arrow_array::RecordBatch;
use dativo_plugin::arrow_schema::SchemaRef;
use dativo_plugin::files::refusal;
use dativo_plugin::serde_json::{Map, Value, json};
use dativo_plugin::{Call, Error, ErrorKind, Result, StagedFile, Writer, export_library, export_writer};
use partitions::{DividingColumn, Partitions};
use std::path::{Path, PathBuf};

mod hive;
mod partitions;
mod value_text;

export_library!();
export_writer!(create_writer, create_writer_kind, ParquetWriter);

const MIB: f64 = 1024.0 * 1024.0;
const OPTIONS: [&str; 7] =
    ["compression", "compression_level", "row_group_size", "page_size", "encodings", "target_size_mb", "statistics"];
/// Whether a file is large enough is asked after so many records.
const SLICE_ROWS: usize = 16_384;
/// Stands in a file's name for its number.
const NUMBER: &str = "{}";

/// What partitions may hold in memory where the configuration does not say.
const PARTITION_BYTES: f64 = 64.0 * MIB;

struct ParquetWriter {
    naming: Naming,
    options: Options,
    target_bytes: u64,
    schema: Option<SchemaRef>,
    open: Option<(PathBuf, FileWriter)>,
    /// The file before it, which the disk may not have yet: the next one need not wait for that.
    sealing: Option<Sealing>,
    /// Columns that files are divided by.
    dividing: Vec<DividingColumn>,
    partition_bytes: usize,
    partitions: Option<Partitions>,
}

/// The paths of the files: each has its own number, whatever folder it is in.
struct Naming {
    folder: PathBuf,
    file_name: String,
    files: usize,
}

impl Naming {
    fn next(&mut self) -> PathBuf {
        self.next_in(&self.folder.clone())
    }

    fn next_in(&mut self, folder: &Path) -> PathBuf {
        let path = folder.join(self.file_name.replacen(NUMBER, &format!("{:05}", self.files), 1));
        self.files += 1;
        path
    }
}

impl Writer for ParquetWriter {
    fn create(config: &Value) -> Result<Self> {
        let none = Map::new();
        let given = config["engine"]["options"].as_object().unwrap_or(&none);
        if let Some(unknown) = given.keys().find(|key| !OPTIONS.contains(&key.as_str())) {
            return Err(refusal(format!(
                "unknown option '{unknown}' of the Parquet writer; known are {}",
                OPTIONS.join(", ")
            )));
        }
        let folder = config["output_base"].as_str().filter(|path| !path.is_empty());
        let naming = Naming {
            folder: folder.ok_or_else(|| refusal("output_base is missing"))?.into(),
            file_name: config["file_name"].as_str().unwrap_or("part-{}.parquet").to_owned(),
            files: 0,
        };
        Ok(Self {
            naming,
            options: Options { key_value_metadata: contract_metadata(&config["contract"]), ..options_of(given)? },
            target_bytes: (number(given, "target_size_mb", 0.001)?.unwrap_or(150.0) * MIB) as u64,
            schema: None,
            open: None,
            sealing: None,
            dividing: dividing_columns(&config["partitioning"])?,
            partition_bytes: config["partition_bytes"].as_f64().unwrap_or(PARTITION_BYTES) as usize,
            partitions: None,
        })
    }

    fn open(&mut self, _: &Call, input: &SchemaRef) -> Result<()> {
        self.schema = Some(input.clone());
        if !self.dividing.is_empty() {
            let columns = std::mem::take(&mut self.dividing);
            let options = self.options.clone();
            self.partitions = Some(Partitions::new(columns, input, options, self.target_bytes, self.partition_bytes)?);
        }
        Ok(())
    }

    fn write(&mut self, _: &Call, rows: RecordBatch) -> Result<Vec<StagedFile>> {
        if let Some(partitions) = &mut self.partitions {
            return partitions.write(&mut self.naming, &rows);
        }
        let mut sealed = Vec::new();
        for start in (0..rows.num_rows()).step_by(SLICE_ROWS) {
            self.write_slice(rows.slice(start, SLICE_ROWS.min(rows.num_rows() - start)))?;
            if self.file_bytes() >= self.target_bytes {
                sealed.extend(self.seal_file()?);
            }
        }
        Ok(sealed)
    }

    fn seal(&mut self, _: &Call) -> Result<Vec<StagedFile>> {
        if let Some(partitions) = &mut self.partitions {
            return partitions.seal(&mut self.naming);
        }
        let mut sealed = self.seal_file()?;
        sealed.extend(self.take_sealed()?);
        Ok(sealed)
    }

    fn check(&mut self, _: &Call) -> Result<Option<String>> {
        Ok(Some("Files are written as parquet".into()))
    }
}

impl ParquetWriter {
    fn write_slice(&mut self, rows: RecordBatch) -> Result<()> {
        if self.open.is_none() {
            self.open = Some(self.begin()?);
        }
        let Some((_, writer)) = &mut self.open else { return Ok(()) };
        writer.write(rows).map_err(failure)
    }

    /// What the file at hand has grown to, with what is held of it.
    fn file_bytes(&self) -> u64 {
        let Some((path, writer)) = &self.open else { return 0 };
        std::fs::metadata(path).map_or(0, |facts| facts.len()) + writer.buffered_bytes() as u64
    }

    fn begin(&mut self) -> Result<(PathBuf, FileWriter)> {
        let schema = self.schema.clone().ok_or_else(|| refusal("write() before open()"))?;
        let path = self.naming.next();
        let writer = FileWriter::create(&path, schema, self.options.clone()).map_err(failure)?;
        Ok((path, writer))
    }

    /// Ends the file at hand, and names the one before it.
    fn seal_file(&mut self) -> Result<Vec<StagedFile>> {
        let sealed = self.take_sealed()?;
        if let Some((_, writer)) = self.open.take() {
            self.sealing = Some(writer.close().map_err(failure)?);
        }
        Ok(sealed)
    }

    fn take_sealed(&mut self) -> Result<Vec<StagedFile>> {
        let Some(sealing) = self.sealing.take() else { return Ok(Vec::new()) };
        Ok(vec![staged_file(&sealing.wait().map_err(failure)?)])
    }
}

/// `[{ "column": …, "folder": … }]`: the name of a column, and how a folder spells it.
fn dividing_columns(given: &Value) -> Result<Vec<DividingColumn>> {
    let columns = given.as_array().map(Vec::as_slice).unwrap_or_default().iter();
    let column = |entry: &Value| {
        let (name, folder) = (entry["column"].as_str()?.to_owned(), entry["folder"].as_str()?);
        Some(DividingColumn { name, lead: format!("{folder}=") })
    };
    columns.map(|entry| column(entry).ok_or_else(|| refusal("partitioning names columns and folders"))).collect()
}

fn staged_file(facts: &FileFacts) -> StagedFile {
    StagedFile {
        path: text_of(&facts.path),
        size_bytes: facts.size_bytes,
        record_count: facts.rows,
        sha256: Some(facts.sha256.clone()),
        checksums: Some(facts.checksums.iter().map(ColumnChecksum::to_json).collect()),
    }
}

fn options_of(given: &Map<String, Value>) -> Result<Options> {
    let mut options = Options::default();
    let name = given.get("compression").map_or(Some("zstd"), Value::as_str);
    let level = number(given, "compression_level", 1.0)?.map(|level| level as i32);
    options.compression =
        Compression::parse(name.ok_or_else(|| refusal("compression is a text"))?, level).map_err(refusal)?;
    if let Some(rows) = number(given, "row_group_size", 1.0)? {
        options.row_group_size = rows as usize;
    }
    if let Some(bytes) = number(given, "page_size", 1.0)? {
        options.page_bytes = bytes as usize;
    }
    if let Some(encodings) = given.get("encodings") {
        let name = encodings.as_str().ok_or_else(|| refusal("encodings is a text"))?;
        options.encodings = Encodings::parse(name).map_err(refusal)?;
    }
    if let Some(statistics) = given.get("statistics") {
        options.statistics = statistics.as_bool().ok_or_else(|| refusal("statistics is true or false"))?;
    }
    Ok(options)
}

/// What a file says of the contract that its records kept.
fn contract_metadata(contract: &Value) -> Vec<(String, String)> {
    let keys = ["name", "version", "fingerprint", "id"].into_iter();
    keys.filter_map(|key| Some((format!("dativo.contract.{key}"), contract[key].as_str()?.to_owned()))).collect()
}

fn number(given: &Map<String, Value>, name: &str, least: f64) -> Result<Option<f64>> {
    let Some(value) = given.get(name) else { return Ok(None) };
    let number = value.as_f64().filter(|number| *number >= least);
    number.map(Some).ok_or_else(|| refusal(format!("{name} is a number of {least} or more, got {value}")))
}

fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn unwritable(path: &Path, cause: &std::io::Error) -> Error {
    let detail = json!({ "code": "DTV_TARGET_UNWRITABLE", "errno": cause.raw_os_error(), "path": path });
    Error::new(ErrorKind::Io, cause.to_string()).with_detail(detail)
}

fn failure(cause: dativo_parquet::Error) -> Error {
    if cause.io_kind().is_none() {
        return Error::data(cause.to_string());
    }
    let detail = json!({ "code": "DTV_TARGET_UNWRITABLE", "errno": cause.errno(), "path": cause.path });
    Error::new(ErrorKind::Io, cause.to_string()).with_detail(detail)
}
