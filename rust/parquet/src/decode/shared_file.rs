//! A file that somebody else has open: read at places, so that nobody moves it for the others.
use bytes::{Buf, Bytes};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Read at once where it is not known how much is needed: page headers are smaller.
const WINDOW_BYTES: usize = 4096;

#[derive(Clone)]
pub struct SharedFile {
    file: Arc<File>,
    length: u64,
    read: Arc<AtomicU64>,
}

impl SharedFile {
    /// The file of a descriptor, which may be closed afterwards.
    ///
    /// # Safety
    /// The descriptor is open.
    pub unsafe fn of_descriptor(descriptor: i32) -> io::Result<Self> {
        // SAFETY: by the caller's promise; it is only looked at to make another one.
        let owned = unsafe { BorrowedFd::borrow_raw(descriptor) }.as_fd().try_clone_to_owned()?;
        let file = File::from(owned);
        let length = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), length, read: Arc::default() })
    }

    /// Bytes read since this was last asked.
    pub fn take_read_bytes(&self) -> u64 {
        self.read.swap(0, Ordering::Relaxed)
    }

    fn read_at(&self, start: u64, length: usize) -> Result<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF(format!("the file ends before byte {start} and {length} more")));
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(bytes.into())
    }
}

impl Length for SharedFile {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for SharedFile {
    type T = Window;

    fn get_read(&self, start: u64) -> Result<Window> {
        Ok(Window { file: self.clone(), next: start, bytes: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.read_at(start, length)
    }
}

/// The bytes from a place on.
pub struct Window {
    file: SharedFile,
    next: u64,
    bytes: Bytes,
}

impl Read for Window {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_empty() {
            let left = self.file.length.saturating_sub(self.next);
            let count = left.min(WINDOW_BYTES.max(into.len()) as u64);
            self.bytes = self.file.read_at(self.next, count as usize).map_err(io::Error::other)?;
            self.next += count;
        }
        let count = into.len().min(self.bytes.len());
        self.bytes.copy_to_slice(&mut into[..count]);
        Ok(count)
    }
}
