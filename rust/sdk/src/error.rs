use crate::abi::DtvError;
use crate::batch::Batch;
use serde_json::Value;
use std::fmt;

/// What went wrong, as the host will say it.
#[derive(Debug, Clone)]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
    /// Trying again can help.
    pub retryable: bool,
    /// Facts for programs; at most 3 KiB as JSON. Never secrets.
    pub detail: Option<Value>,
    /// What a transform made before it failed; it is handed on first.
    pub before: Vec<Batch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum ErrorKind {
    Failed = -1,
    Config = -2,
    NotFound = -3,
    Permission = -4,
    Data = -5,
    Io = -6,
    Network = -7,
    Limit = -8,
    SchemaChanged = -9,
    Conflict = -10,
    OutcomeUnknown = -11,
    Cancelled = -125,
    Panic = -127,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retryable: false, detail: None, before: Vec::new() }
    }

    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    pub fn with_detail(self, detail: Value) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// The same error behind what was made before it.
    pub fn after(self, before: Vec<Batch>) -> Self {
        Self { before, ..self }
    }

    /// Fills the host's struct; texts that do not fit are cut between characters.
    ///
    /// # Safety
    /// `into` is the host's. There is no reference to it: it may be smaller than the struct of today.
    pub(crate) unsafe fn put(&self, into: *mut DtvError) -> i32 {
        let code = self.kind as i32;
        // SAFETY: by the caller's promise; the detail is there when the size says so.
        unsafe {
            (*into).code = code;
            (*into).retryable = self.retryable.into();
            put_text(&self.message, &mut (*into).message);
            if (*into).size as usize >= size_of::<DtvError>() {
                // Half a JSON text is none.
                let text = self.detail.as_ref().map(Value::to_string);
                let text = text.filter(|text| text.len() < DETAIL_BYTES).unwrap_or_default();
                put_text(&text, &mut (*into).detail_json);
            }
        }
        code
    }
}

const DETAIL_BYTES: usize = 3072;

fn put_text(text: &str, into: &mut [u8]) {
    let end = text.floor_char_boundary(into.len() - 1);
    into[..end].copy_from_slice(&text.as_bytes()[..end]);
    into[end] = 0;
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(cause: std::io::Error) -> Self {
        let kind = match cause.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::Permission,
            _ => ErrorKind::Io,
        };
        Self::new(kind, cause.to_string())
    }
}

impl From<arrow_schema::ArrowError> for Error {
    fn from(cause: arrow_schema::ArrowError) -> Self {
        Self::new(ErrorKind::Failed, cause.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Self {
        Self::config(cause.to_string())
    }
}
