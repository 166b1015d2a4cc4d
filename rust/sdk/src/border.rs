//! What every entry point does: catch panics, fill the error, take and give texts.
use crate::abi::{self, DtvCall, DtvError};
use crate::call::Call;
use crate::error::{Error, ErrorKind, Result};
use serde_json::Value;
use std::any::Any;
use std::ffi::{CStr, CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// Behind the symbols that the export macros make: has `table` make the plugin, and fills the host's struct, which may
/// be larger.
///
/// # Safety
/// The arguments are the host's, as `dativo_plugin.h` says; `table` gives a struct of it that begins with its size.
pub unsafe fn create<T>(
    host_abi: u32,
    config: *const c_char,
    out: *mut c_void,
    error: *mut DtvError,
    table: impl FnOnce(&Value, u32) -> Result<T>,
) -> i32 {
    // SAFETY: by the caller's promise, here and below.
    unsafe {
        guard(error, || {
            check_abi(host_abi)?;
            let size = *out.cast::<u32>();
            // The tables of today are the first of this ABI. `release` is the last field of each: without it a plugin
            // could not be given back.
            if (size as usize) < size_of::<T>() {
                return Err(Error::config(format!("the host's table has {size} bytes, {} are needed", size_of::<T>())));
            }
            let table = table(&json(config)?.unwrap_or_default(), size)?;
            ptr::write(out.cast::<T>(), table);
            Ok(abi::OK)
        })
    }
}

fn check_abi(host_abi: u32) -> Result<()> {
    if host_abi == abi::VERSION {
        return Ok(());
    }
    Err(Error::config(format!("the host speaks ABI {host_abi}, this library {}", abi::VERSION)))
}

/// Answers with a JSON text, or with `END` for nothing to tell.
///
/// # Safety
/// As for [`enter`]; `out` is the host's.
pub unsafe fn ask<T>(
    this: *mut c_void,
    call: *const DtvCall,
    out: *mut *mut c_char,
    error: *mut DtvError,
    answer: impl FnOnce(&mut T, &Call) -> Result<Option<Value>>,
) -> i32 {
    // SAFETY: by the caller's promise.
    unsafe {
        enter(this, call, error, |object: &mut T, call| {
            let Some(value) = answer(object, call)? else { return Ok(abi::END) };
            give(out, &value);
            Ok(abi::OK)
        })
    }
}

/// Runs an entry point on the object behind `this`. Neither panic nor error gets past it.
///
/// # Safety
/// `this` was made by [`into_handle`] of the same type and is used by no other call; the others are the host's.
pub unsafe fn enter<T>(
    this: *mut c_void,
    call: *const DtvCall,
    error: *mut DtvError,
    work: impl FnOnce(&mut T, &Call) -> Result<i32>,
) -> i32 {
    // SAFETY: by the caller's promise.
    let (object, call) = unsafe { (&mut *this.cast::<T>(), Call::from_raw(call)) };
    unsafe { guard(error, || work(object, &call)) }
}

/// # Safety
/// `error` is null or the host's struct.
pub unsafe fn guard(error: *mut DtvError, work: impl FnOnce() -> Result<i32>) -> i32 {
    let failure = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(code)) => return code,
        Ok(Err(failure)) => failure,
        Err(panic) => Error::new(ErrorKind::Panic, format!("panicked: {}", panic_text(panic.as_ref()))),
    };
    // SAFETY: by the caller's promise.
    if error.is_null() { failure.kind as i32 } else { unsafe { failure.put(error) } }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

pub fn into_handle<T>(object: T) -> *mut c_void {
    Box::into_raw(Box::new(object)).cast()
}

/// # Safety
/// `this` was made by [`into_handle`] of the same type and is never used again.
pub unsafe extern "C" fn release<T>(this: *mut c_void) {
    // SAFETY: by the caller's promise. A destructor that panics must not unwind into the host either.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(unsafe { Box::from_raw(this.cast::<T>()) })));
}

/// # Safety
/// `text` came from [`give`] and is never used again.
pub unsafe extern "C" fn free_string(_this: *mut c_void, text: *mut c_char) {
    // SAFETY: by the caller's promise.
    drop(unsafe { CString::from_raw(text) });
}

/// Hands a JSON text to the host, which gives it back through [`free_string`].
///
/// # Safety
/// `into` is the host's.
unsafe fn give(into: *mut *mut c_char, value: &Value) {
    let text = CString::new(value.to_string()).expect("JSON escapes NUL");
    // SAFETY: by the caller's promise.
    unsafe { *into = text.into_raw() };
}

/// What the `release` of a lent array does: says that it is given back, and frees nothing.
///
/// # Safety
/// `array` is an ArrowArray.
pub unsafe fn mark_released(array: *mut c_void) {
    // SAFETY: by the caller's promise. The struct is laid out as the Arrow C Data Interface says.
    unsafe { std::ptr::write(array.cast::<u8>().add(RELEASE_AT).cast::<*const c_void>(), std::ptr::null()) };
}

/// Where `release` stands in an ArrowArray: behind five counts and three pointers.
const RELEASE_AT: usize = 64;

/// A JSON text of the host; none for a null pointer.
///
/// # Safety
/// `text` is null or ends with NUL.
pub unsafe fn json(text: *const c_char) -> Result<Option<Value>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: by the caller's promise.
    Ok(Some(serde_json::from_slice(unsafe { CStr::from_ptr(text) }.to_bytes())?))
}
