//! A new file that is hashed as it is written.
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes that are hashed and written at a time: column chunks come in pieces of 8 KiB, and a call for each is dear.
const BUFFER_BYTES: usize = 256 << 10;

/// Removes its file when dropped before [`DigestFile::seal`].
pub(crate) struct DigestFile {
    path: PathBuf,
    /// None while it is parked.
    file: Option<File>,
    hasher: Sha256,
    buffer: Vec<u8>,
    written: u64,
    /// Bytes whose write-back has been asked for.
    sent: u64,
    /// What is not to be written yet, once it is asked for.
    held: Option<Vec<u8>>,
    is_sealed: bool,
}

pub(crate) struct Sealed {
    pub size_bytes: u64,
    /// 64 hex digits.
    pub sha256: String,
}

impl DigestFile {
    /// Fails where something of that name exists: nothing that we did not write is overwritten or removed.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Self::over(file, path))
    }

    pub fn over(file: File, path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: Some(file),
            hasher: Sha256::new(),
            buffer: Vec::new(),
            written: 0,
            sent: 0,
            held: None,
            is_sealed: false,
        }
    }

    /// Writes what it holds, and gives up buffer and descriptor until it is written to again.
    pub fn park(&mut self) -> io::Result<()> {
        self.flush()?;
        self.buffer = Vec::new();
        self.file = None;
        Ok(())
    }

    /// Bytes that were written, without those that the buffer holds.
    pub fn written(&self) -> u64 {
        self.written
    }

    fn opened(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            // The file as it was left: not a new one, nor another that a link leads to.
            None => append_to(&self.path)?,
        };
        Ok(self.file.insert(file))
    }

    /// Asks the system to write what it holds of the file, so that [`DigestFile::seal`] finds little left to wait for.
    pub fn start_write_back(&mut self) {
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsRawFd;
            let (from, length) = (self.sent as i64, (self.written - self.sent) as i64);
            // A hint: file systems that cannot do it say so, and the sync at the end does the work.
            // SAFETY: the descriptor is open, and nothing is handed over but numbers.
            if let Some(file) = &self.file {
                unsafe { libc::sync_file_range(file.as_raw_fd(), from, length, libc::SYNC_FILE_RANGE_WRITE) };
            }
        }
        self.sent = self.written;
    }

    /// From here on keeps what is written, until it is taken.
    pub fn hold_back(&mut self) {
        self.held = Some(Vec::new());
    }

    pub fn take_held(&mut self) -> Vec<u8> {
        self.held.take().unwrap_or_default()
    }

    /// Waits until the bytes are on the disk. The folder's entry is for who makes the file visible.
    pub fn seal(mut self) -> io::Result<Sealed> {
        self.flush()?;
        self.opened()?.sync_all()?;
        self.is_sealed = true;
        let digest = std::mem::take(&mut self.hasher).finalize();
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Sealed { size_bytes: self.written, sha256 })
    }
}

impl Write for DigestFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(held) = &mut self.held {
            held.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        if self.buffer.len() == BUFFER_BYTES {
            self.flush()?;
        }
        self.buffer.reserve(bytes.len().min(BUFFER_BYTES - self.buffer.len()));
        let taken = bytes.len().min(BUFFER_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let buffer = std::mem::take(&mut self.buffer);
        let written = self.opened().and_then(|file| file.write_all(&buffer));
        self.buffer = buffer;
        written?;
        self.hasher.update(&self.buffer);
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

#[cfg(unix)]
fn append_to(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().append(true).custom_flags(libc::O_NOFOLLOW).open(path)
}

#[cfg(not(unix))]
fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(path)
}

impl Drop for DigestFile {
    fn drop(&mut self) {
        if !self.is_sealed {
            // The error that led here is the one to tell.
            let _ = fs::remove_file(&self.path);
        }
    }
}
