use crate::abi::{self, DtvCall, DtvError, DtvWriter};
use crate::border::{ask, enter, json};
use crate::call::Call;
use crate::error::{Error, Result};
use crate::writer::{self, Handle, StagedFile, Writer};
use serde_json::{Value, json as object};
use std::ffi::{c_char, c_void};

/// A writer that makes what it staged visible by itself, in a target that says which commits it has.
///
/// None of these needs `open` or `write` before it: after a crash, a new object is asked what has become of the commit.
pub trait Commit: Writer {
    /// False when what is staged dies with the process, like an open transaction: it is then read again, and `commit`
    /// is never called by another process than the one that staged.
    const DURABLE_STAGING: bool = true;

    /// Makes visible what was staged. It may be called again for a commit that has happened, and must not repeat it.
    fn commit(&mut self, call: &Call, files: &[StagedFile], token: &Token) -> Result<Committed>;

    /// Whether the target has this commit, by its own record; an error when that cannot be told.
    fn committed(&mut self, call: &Call, token: &Token) -> Result<Option<Committed>>;

    /// Removes what was staged and will not be committed.
    fn abort(&mut self, call: &Call, files: &[StagedFile]) -> Result<()>;
}

/// Names one commit of one job: the same token always means the same commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub job_key: String,
    /// 1, 2, 3 … of the job.
    pub seq: u64,
    /// The run that staged.
    pub run_id: String,
}

/// What became visible.
#[derive(Debug, Clone, Default)]
pub struct Committed {
    pub files_added: u64,
    pub total_records: u64,
    /// The run that has made the commit, as the target has recorded it: another one's is a conflict.
    pub run_id: Option<String>,
}

/// What the host is told of the kind before it makes a writer.
#[doc(hidden)]
pub const fn kind<W: Commit>() -> u32 {
    let volatile = if W::DURABLE_STAGING { 0 } else { abi::WRITER_VOLATILE };
    abi::KIND_WRITER | abi::WRITER_COMMITS | abi::WRITER_ANSWERS | volatile
}

/// What the host gets of a new writer that commits.
#[doc(hidden)]
pub fn table<W: Commit>(config: &Value, size: u32) -> Result<DtvWriter> {
    Ok(DtvWriter {
        durable_staging: W::DURABLE_STAGING.into(),
        commit: Some(commit::<W>),
        committed: Some(committed::<W>),
        abort: Some(abort::<W>),
        ..writer::table::<W>(config, size)?
    })
}

unsafe extern "C" fn commit<W: Commit>(
    this: *mut c_void,
    call: *const DtvCall,
    files: *const c_char,
    token: *const c_char,
    result: *mut *mut c_char,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        ask(this, call, result, error, |handle: &mut Handle<W>, call| {
            let (files, token) = (files_in(json(files)?)?, token_in(json(token)?)?);
            Ok(Some(handle.writer.commit(call, &files, &token)?.into_json()))
        })
    }
}

unsafe extern "C" fn committed<W: Commit>(
    this: *mut c_void,
    call: *const DtvCall,
    token: *const c_char,
    result: *mut *mut c_char,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        ask(this, call, result, error, |handle: &mut Handle<W>, call| {
            Ok(handle.writer.committed(call, &token_in(json(token)?)?)?.map(Committed::into_json))
        })
    }
}

unsafe extern "C" fn abort<W: Commit>(
    this: *mut c_void,
    call: *const DtvCall,
    files: *const c_char,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        enter(this, call, error, |handle: &mut Handle<W>, call| {
            handle.writer.abort(call, &files_in(json(files)?)?)?;
            Ok(abi::OK)
        })
    }
}

impl Committed {
    fn into_json(self) -> Value {
        let mut value =
            object!({ "status": "success", "files_added": self.files_added, "total_records": self.total_records });
        if let Some(run_id) = self.run_id {
            value["run_id"] = run_id.into();
        }
        value
    }
}

fn files_in(value: Option<Value>) -> Result<Vec<StagedFile>> {
    let files = value.as_ref().and_then(Value::as_array).ok_or_else(|| Error::config("the files are no JSON array"))?;
    files
        .iter()
        .map(|file| {
            Ok(StagedFile {
                path: text_in(file, "path")?,
                size_bytes: file["size_bytes"].as_u64().unwrap_or_default(),
                record_count: file["record_count"].as_u64().unwrap_or_default(),
                sha256: file["sha256"].as_str().map(str::to_owned),
                checksums: file.get("checksums").filter(|sums| sums.is_array()).cloned(),
            })
        })
        .collect()
}

fn token_in(value: Option<Value>) -> Result<Token> {
    let value = value.unwrap_or_default();
    let seq = value["seq"].as_u64().ok_or_else(|| Error::config("the token has no seq"))?;
    Ok(Token { job_key: text_in(&value, "job_key")?, seq, run_id: text_in(&value, "run_id")? })
}

fn text_in(value: &Value, name: &str) -> Result<String> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| Error::config(format!("'{name}' is missing")))
}
