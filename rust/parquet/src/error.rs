//! What went wrong, with the file it went wrong with.
use parquet::errors::ParquetError;
use std::path::{Path, PathBuf};
use std::{fmt, io};

/// An error of a file. Cloned, since every call after the first failure reports the same one.
#[derive(Clone, Debug)]
pub struct Error {
    pub path: PathBuf,
    pub cause: Cause,
}

#[derive(Clone, Debug)]
pub enum Cause {
    /// The disk is full, the folder is missing, and the like.
    Io { kind: io::ErrorKind, errno: Option<i32>, message: String },
    /// A schema, batch or option that no file can be made of.
    Unfit(String),
    /// The file is no sound Parquet file, or the codec refused.
    Parquet(String),
    /// A bug: the message of the panic.
    Panicked(String),
}

impl Error {
    pub(crate) fn new(path: &Path, cause: impl Into<Cause>) -> Self {
        Self { path: path.to_owned(), cause: cause.into() }
    }

    /// The kind of an input or output error.
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        match self.cause {
            Cause::Io { kind, .. } => Some(kind),
            _ => None,
        }
    }

    /// What the system calls an input or output error.
    pub fn errno(&self) -> Option<i32> {
        match self.cause {
            Cause::Io { errno, .. } => errno,
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { message, .. } | Self::Unfit(message) | Self::Parquet(message) => f.write_str(message),
            Self::Panicked(message) => write!(f, "an internal error: {message}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self::Io { kind: error.kind(), errno: error.raw_os_error(), message: error.to_string() }
    }
}

impl From<ParquetError> for Cause {
    /// The crate wraps errors of the file below it; they come out again as what they are.
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(io) => Self::from(*io),
                Err(other) => Self::Parquet(other.to_string()),
            },
            other => Self::Parquet(other.to_string()),
        }
    }
}

impl Cause {
    pub(crate) fn from_panic(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Self::Panicked(text.unwrap_or("a panic without a message").to_owned())
    }
}
