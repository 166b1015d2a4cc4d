use crate::abi::{self, DtvBatch, DtvCall, DtvError, DtvWriter};
use crate::arrow::FFI_ArrowSchema;
use crate::batch::Batch;
use crate::border::{ask, enter, free_string, into_handle, release};
use crate::call::Call;
use crate::error::{Error, Result};
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use serde_json::{Value, json as object};
use std::ffi::{c_char, c_void};
use std::sync::Arc;

/// A target that puts files into `output_base` of its configuration; the host publishes them. One that is no folder
/// implements [`Commit`](crate::Commit) as well.
pub trait Writer: Send + Sized + 'static {
    fn create(config: &Value) -> Result<Self>;

    fn open(&mut self, call: &Call, input: &SchemaRef) -> Result<()>;

    /// Takes records. Gives the files that are finished by now; none is fine.
    fn write(&mut self, call: &Call, rows: RecordBatch) -> Result<Vec<StagedFile>>;

    /// Finishes what is still open.
    fn seal(&mut self, call: &Call) -> Result<Vec<StagedFile>>;

    /// One sentence about a target that can be written.
    fn check(&mut self, _call: &Call) -> Result<Option<String>> {
        Ok(None)
    }
}

/// A finished file.
#[derive(Debug, Clone)]
pub struct StagedFile {
    pub path: String,
    pub size_bytes: u64,
    pub record_count: u64,
    /// Of its bytes, hex, when the writer has computed it on the way.
    pub sha256: Option<String>,
    /// What each column holds, `[{name, type, values, nulls, sum}]`, when the writer has summed them.
    pub checksums: Option<Value>,
}

pub(crate) struct Handle<W> {
    pub(crate) writer: W,
    input: Option<SchemaRef>,
}

/// What the host gets of a new writer.
#[doc(hidden)]
pub fn table<W: Writer>(config: &Value, size: u32) -> Result<DtvWriter> {
    Ok(DtvWriter {
        size,
        self_: into_handle(Handle { writer: W::create(config)?, input: None }),
        durable_staging: 1,
        open: Some(open::<W>),
        write: Some(write::<W>),
        seal: Some(seal::<W>),
        commit: None,
        committed: None,
        abort: None,
        check: Some(check::<W>),
        free_string: Some(free_string),
        release: Some(release::<Handle<W>>),
    })
}

unsafe extern "C" fn open<W: Writer>(
    this: *mut c_void,
    call: *const DtvCall,
    input: *const FFI_ArrowSchema,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        enter(this, call, error, |handle: &mut Handle<W>, call| {
            let schema: SchemaRef = Arc::new(Schema::try_from(&*input)?);
            handle.writer.open(call, &schema)?;
            handle.input = Some(schema);
            Ok(abi::OK)
        })
    }
}

unsafe extern "C" fn write<W: Writer>(
    this: *mut c_void,
    call: *const DtvCall,
    input: *mut DtvBatch,
    files: *mut *mut c_char,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        ask(this, call, files, error, |handle: &mut Handle<W>, call| {
            let schema = handle.input.as_ref().ok_or_else(|| Error::config("write() before open()"))?;
            let rows = Batch::take(input, schema)?.rows;
            Ok(Some(files_json(&handle.writer.write(call, rows)?)))
        })
    }
}

unsafe extern "C" fn seal<W: Writer>(
    this: *mut c_void,
    call: *const DtvCall,
    files: *mut *mut c_char,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        ask(this, call, files, error, |handle: &mut Handle<W>, call| Ok(Some(files_json(&handle.writer.seal(call)?))))
    }
}

unsafe extern "C" fn check<W: Writer>(
    this: *mut c_void,
    call: *const DtvCall,
    out: *mut *mut c_char,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        ask(this, call, out, error, |handle: &mut Handle<W>, call| {
            Ok(handle.writer.check(call)?.map(|message| object!({ "message": message })))
        })
    }
}

fn files_json(files: &[StagedFile]) -> Value {
    files
        .iter()
        .map(|file| {
            object!({
                "path": file.path, "size_bytes": file.size_bytes,
                "record_count": file.record_count, "sha256": file.sha256, "checksums": file.checksums,
            })
        })
        .collect()
}
