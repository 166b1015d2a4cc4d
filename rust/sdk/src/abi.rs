//! The structs of `include/dativo_plugin.h`, field by field.
use crate::arrow::{FFI_ArrowArray, FFI_ArrowSchema};
use std::ffi::{c_char, c_void};

pub const VERSION: u32 = 2;

pub const OK: i32 = 0;
pub const END: i32 = 1;
pub const MORE: i32 = 2;

pub const KIND_READER: u32 = 1;
pub const KIND_TRANSFORM: u32 = 2;
pub const KIND_WRITER: u32 = 3;
pub const WRITER_COMMITS: u32 = 0x100;
pub const WRITER_ANSWERS: u32 = 0x200;
pub const WRITER_VOLATILE: u32 = 0x400;

#[repr(C)]
pub struct DtvError {
    pub size: u32,
    pub code: i32,
    pub retryable: i32,
    pub message: [u8; 1024],
    pub detail_json: [u8; 3072],
}

#[repr(C)]
pub struct DtvCall {
    pub size: u32,
    pub cancel: *const i32,
    pub deadline_ms: i64,
}

#[repr(C)]
pub struct DtvBatch {
    pub size: u32,
    pub rows: FFI_ArrowArray,
    pub rejects: FFI_ArrowArray,
    pub position: *const u8,
    pub position_len: u64,
    pub rows_read: u64,
    pub rows_filtered: u64,
    pub bytes_in: u64,
    pub warnings: *const u8,
    pub warnings_len: u64,
}

type Json = unsafe extern "C" fn(*mut c_void, *const DtvCall, *mut *mut c_char, *mut DtvError) -> i32;
type FreeString = unsafe extern "C" fn(*mut c_void, *mut c_char);
type Release = unsafe extern "C" fn(*mut c_void);

#[repr(C)]
pub struct DtvReader {
    pub size: u32,
    pub self_: *mut c_void,
    pub open: Option<
        unsafe extern "C" fn(
            *mut c_void,
            *const DtvCall,
            *const FFI_ArrowSchema,
            *const c_char,
            *const c_char,
            *mut FFI_ArrowSchema,
            *mut DtvError,
        ) -> i32,
    >,
    pub next: Option<unsafe extern "C" fn(*mut c_void, *const DtvCall, *mut DtvBatch, *mut DtvError) -> i32>,
    pub plan: Option<Json>,
    pub check: Option<Json>,
    pub discover: Option<Json>,
    pub compare: Option<
        unsafe extern "C" fn(*mut c_void, *const DtvCall, *const c_char, *const c_char, *mut i32, *mut DtvError) -> i32,
    >,
    pub estimate: Option<unsafe extern "C" fn(*mut c_void, *const DtvCall, *mut i64, *mut DtvError) -> i32>,
    pub free_string: Option<FreeString>,
    pub release: Option<Release>,
}

#[repr(C)]
pub struct DtvTransform {
    pub size: u32,
    pub self_: *mut c_void,
    pub open: Option<
        unsafe extern "C" fn(
            *mut c_void,
            *const DtvCall,
            *const FFI_ArrowSchema,
            *mut FFI_ArrowSchema,
            *mut DtvError,
        ) -> i32,
    >,
    pub apply:
        Option<unsafe extern "C" fn(*mut c_void, *const DtvCall, *mut DtvBatch, *mut DtvBatch, *mut DtvError) -> i32>,
    pub flush: Option<unsafe extern "C" fn(*mut c_void, *const DtvCall, *mut DtvBatch, *mut DtvError) -> i32>,
    pub release: Option<Release>,
}

#[repr(C)]
pub struct DtvWriter {
    pub size: u32,
    pub self_: *mut c_void,
    pub durable_staging: u32,
    pub open: Option<unsafe extern "C" fn(*mut c_void, *const DtvCall, *const FFI_ArrowSchema, *mut DtvError) -> i32>,
    pub write: Option<
        unsafe extern "C" fn(*mut c_void, *const DtvCall, *mut DtvBatch, *mut *mut c_char, *mut DtvError) -> i32,
    >,
    pub seal: Option<Json>,
    pub commit: Option<
        unsafe extern "C" fn(
            *mut c_void,
            *const DtvCall,
            *const c_char,
            *const c_char,
            *mut *mut c_char,
            *mut DtvError,
        ) -> i32,
    >,
    pub committed: Option<
        unsafe extern "C" fn(*mut c_void, *const DtvCall, *const c_char, *mut *mut c_char, *mut DtvError) -> i32,
    >,
    pub abort: Option<unsafe extern "C" fn(*mut c_void, *const DtvCall, *const c_char, *mut DtvError) -> i32>,
    pub check: Option<Json>,
    pub free_string: Option<FreeString>,
    pub release: Option<Release>,
}
