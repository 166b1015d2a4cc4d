use crate::abi::{self, DtvBatch, DtvCall, DtvError, DtvTransform};
use crate::arrow::FFI_ArrowSchema;
use crate::batch::{Batch, Texts};
use crate::border::{enter, into_handle, release};
use crate::call::Call;
use crate::error::{Error, Result};
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use serde_json::Value;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

/// A stage between reader and writer: batches in, batches out.
pub trait Transform: Send + Sized + 'static {
    /// The configuration of the job: what the entry under `transforms` says is in `config["options"]`.
    fn create(config: &Value) -> Result<Self>;

    /// The schema of what `apply` makes of records of this schema. Called again, after `flush`, for a second input.
    fn open(&mut self, call: &Call, input: &SchemaRef) -> Result<SchemaRef>;

    /// What becomes of a batch: none, one, or several in order. A record that is rejected is known by its number in
    /// `rows`, from 1; the host says where it came from.
    fn apply(&mut self, call: &Call, rows: RecordBatch) -> Result<Vec<Batch>>;

    /// What is still held when the input has ended.
    fn flush(&mut self, _call: &Call) -> Result<Vec<Batch>> {
        Ok(Vec::new())
    }
}

struct Handle<T> {
    transform: T,
    input: Option<SchemaRef>,
    ready: VecDeque<Batch>,
    /// Told when all that was made before it is gone.
    failure: Option<Error>,
    is_flushed: bool,
    texts: Texts,
}

/// What the host gets of a new transform.
#[doc(hidden)]
pub fn table<T: Transform>(config: &Value, size: u32) -> Result<DtvTransform> {
    let handle = Handle {
        transform: T::create(config)?,
        input: None,
        ready: VecDeque::new(),
        failure: None,
        is_flushed: false,
        texts: Texts::default(),
    };
    Ok(DtvTransform {
        size,
        self_: into_handle(handle),
        open: Some(open::<T>),
        apply: Some(apply::<T>),
        flush: Some(flush::<T>),
        release: Some(release::<Handle<T>>),
    })
}

unsafe extern "C" fn open<T: Transform>(
    this: *mut c_void,
    call: *const DtvCall,
    input: *const FFI_ArrowSchema,
    output: *mut FFI_ArrowSchema,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        enter(this, call, error, |handle: &mut Handle<T>, call| {
            let schema: SchemaRef = Arc::new(Schema::try_from(&*input)?);
            let made = handle.transform.open(call, &schema)?;
            ptr::write(output, FFI_ArrowSchema::try_from(made.as_ref())?);
            handle.input = Some(schema);
            handle.is_flushed = false;
            Ok(abi::OK)
        })
    }
}

unsafe extern "C" fn apply<T: Transform>(
    this: *mut c_void,
    call: *const DtvCall,
    input: *mut DtvBatch,
    out: *mut DtvBatch,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        enter(this, call, error, |handle: &mut Handle<T>, call| {
            if !input.is_null() {
                let schema = handle.input.as_ref().ok_or_else(|| Error::config("apply() before open()"))?;
                let rows = Batch::take(input, schema)?.rows;
                let made = handle.transform.apply(call, rows);
                handle.keep(made);
            }
            handle.emit(out, abi::MORE)
        })
    }
}

unsafe extern "C" fn flush<T: Transform>(
    this: *mut c_void,
    call: *const DtvCall,
    out: *mut DtvBatch,
    error: *mut DtvError,
) -> i32 {
    unsafe {
        enter(this, call, error, |handle: &mut Handle<T>, call| {
            if !std::mem::replace(&mut handle.is_flushed, true) {
                let made = handle.transform.flush(call);
                handle.keep(made);
            }
            handle.emit(out, abi::END)
        })
    }
}

impl<T> Handle<T> {
    fn keep(&mut self, made: Result<Vec<Batch>>) {
        match made {
            Ok(batches) => self.ready.extend(batches),
            Err(mut failure) => {
                self.ready.extend(std::mem::take(&mut failure.before));
                self.failure = Some(failure);
            }
        }
    }

    /// # Safety
    /// As for [`Batch::put`].
    unsafe fn emit(&mut self, out: *mut DtvBatch, when_empty: i32) -> Result<i32> {
        let Some(batch) = self.ready.pop_front() else { return self.failure.take().map_or(Ok(when_empty), Err) };
        // SAFETY: by the caller's promise.
        unsafe { batch.put(out, &mut self.texts) };
        Ok(abi::OK)
    }
}
