use crate::abi::{self, DtvBatch, DtvCall, DtvError, DtvReader};
use crate::arrow::FFI_ArrowSchema;
use crate::batch::{Batch, Texts};
use crate::border::{ask, enter, free_string, into_handle, json, release};
use crate::call::Call;
use crate::error::{Error, ErrorKind, Result};
use arrow_schema::{Field, Schema, SchemaRef};
use serde_json::Value;
use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;

/// A source of records. `create`, `open` and `next` are required.
pub trait Reader: Send + Sized + 'static {
    /// The configuration of the job; see rule 8 of `dativo_plugin.h` for its shape.
    fn create(config: &Value) -> Result<Self>;

    /// Opens one split, at the position that an earlier run committed. The schema is fixed from here on.
    fn open(&mut self, call: &Call, request: &OpenRequest) -> Result<SchemaRef>;

    /// The next records, or none at the end.
    fn next(&mut self, call: &Call) -> Result<Option<Batch>>;

    /// The parts of the source, `{"id": …}` each and read on their own; by default one.
    fn plan(&mut self, _call: &Call) -> Result<Option<Vec<Value>>> {
        Ok(None)
    }

    /// One sentence about a connection that works.
    fn check(&mut self, _call: &Call) -> Result<Option<String>> {
        Ok(None)
    }

    /// `{"objects": [{"name", "type", "columns": [{"name", "type", "nullable"}]}]}`.
    fn discover(&mut self, _call: &Call) -> Result<Option<Value>> {
        Ok(None)
    }

    /// Records that a run would read, for the progress line.
    fn estimate(&mut self, _call: &Call) -> Result<Option<u64>> {
        Ok(None)
    }
}

/// What the host asks for.
#[derive(Debug, Clone, Default)]
pub struct OpenRequest {
    /// The columns it will look at; what cannot be given as such is an error that names the column.
    pub wanted: Option<Schema>,
    pub position: Option<Value>,
    pub split: Option<Value>,
}

struct Handle<R> {
    reader: R,
    schema: Option<SchemaRef>,
    texts: Texts,
}

/// What the host gets of a new reader.
#[doc(hidden)]
pub fn table<R: Reader>(config: &Value, size: u32) -> Result<DtvReader> {
    let handle = Handle { reader: R::create(config)?, schema: None, texts: Texts::default() };
    Ok(DtvReader {
        size,
        self_: into_handle(handle),
        open: Some(open::<R>),
        next: Some(next::<R>),
        plan: Some(plan::<R>),
        check: Some(check::<R>),
        discover: Some(discover::<R>),
        compare: None,
        estimate: Some(estimate::<R>),
        free_string: Some(free_string),
        release: Some(release::<Handle<R>>),
    })
}

unsafe extern "C" fn open<R: Reader>(
    this: *mut c_void,
    call: *const DtvCall,
    wanted: *const FFI_ArrowSchema,
    position: *const c_char,
    split: *const c_char,
    schema_out: *mut FFI_ArrowSchema,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        enter(this, call, error, |handle: &mut Handle<R>, call| {
            let request = OpenRequest {
                wanted: wanted.as_ref().map(Schema::try_from).transpose()?,
                position: json(position)?,
                split: json(split)?,
            };
            let schema = handle.reader.open(call, &request)?;
            refuse_other_columns(&schema, request.wanted.as_ref())?;
            ptr::write(schema_out, FFI_ArrowSchema::try_from(schema.as_ref())?);
            handle.schema = Some(schema);
            Ok(abi::OK)
        })
    }
}

/// What the host wants and the reader does not give is an error that names the column.
fn refuse_other_columns(schema: &Schema, wanted: Option<&Schema>) -> Result<()> {
    let mut fields = wanted.into_iter().flat_map(Schema::fields);
    let given = |field: &&Arc<Field>| {
        schema.field_with_name(field.name()).is_ok_and(|ours| ours.data_type() == field.data_type())
    };
    let Some(field) = fields.find(|field| !given(field)) else { return Ok(()) };
    let detail = serde_json::json!({ "code": "DTV_COLUMN_MISSING", "culprit": field.name() });
    Err(Error::data(format!("no column '{}' of type {}", field.name(), field.data_type())).with_detail(detail))
}

unsafe extern "C" fn next<R: Reader>(
    this: *mut c_void,
    call: *const DtvCall,
    out: *mut DtvBatch,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        enter(this, call, error, |handle: &mut Handle<R>, call| {
            let Some(batch) = handle.reader.next(call)? else { return Ok(abi::END) };
            if handle.schema.as_deref().is_some_and(|schema| schema.fields() != batch.rows.schema_ref().fields()) {
                return Err(Error::new(ErrorKind::SchemaChanged, "the batch has another schema than open() gave"));
            }
            batch.put(out, &mut handle.texts);
            Ok(abi::OK)
        })
    }
}

unsafe extern "C" fn plan<R: Reader>(
    this: *mut c_void,
    call: *const DtvCall,
    out: *mut *mut c_char,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        ask(this, call, out, error, |handle: &mut Handle<R>, call| Ok(handle.reader.plan(call)?.map(Value::from)))
    }
}

unsafe extern "C" fn check<R: Reader>(
    this: *mut c_void,
    call: *const DtvCall,
    out: *mut *mut c_char,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        ask(this, call, out, error, |handle: &mut Handle<R>, call| {
            Ok(handle.reader.check(call)?.map(|message| serde_json::json!({ "message": message })))
        })
    }
}

unsafe extern "C" fn discover<R: Reader>(
    this: *mut c_void,
    call: *const DtvCall,
    out: *mut *mut c_char,
    error: *mut DtvError,
) -> i32 {
    unsafe { ask(this, call, out, error, |handle: &mut Handle<R>, call| handle.reader.discover(call)) }
}

unsafe extern "C" fn estimate<R: Reader>(
    this: *mut c_void,
    call: *const DtvCall,
    rows: *mut i64,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        enter(this, call, error, |handle: &mut Handle<R>, call| {
            let Some(count) = handle.reader.estimate(call)? else { return Ok(abi::END) };
            *rows = i64::try_from(count).unwrap_or(i64::MAX);
            Ok(abi::OK)
        })
    }
}
