//! A file's bytes, read ahead and hashed on a thread of their own, as Dativo's file reader has them.
use crate::Result;
use std::fs::File;
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{JoinHandle, spawn};
use xxhash_rust::xxh3::Xxh3;

const CHUNK_BYTES: usize = 4 << 20;

pub struct Source {
    chunks: Receiver<Vec<u8>>,
    /// Memory on its way back.
    used: SyncSender<Vec<u8>>,
    reading: JoinHandle<Result<String>>,
}

impl Source {
    pub fn open(path: &str) -> Result<Self> {
        let file = File::open(path).map_err(|cause| format!("{path}: {cause}"))?;
        let (full, chunks) = sync_channel(1);
        let (used, empty) = sync_channel(3);
        let path = path.to_owned();
        let reading = spawn(move || read(file, &full, &empty).map_err(|cause| format!("{path}: {cause}")));
        Ok(Self { chunks, used, reading })
    }

    /// The next bytes; `None` after the last, or when reading failed, which [`Source::finish`] tells.
    pub fn next(&self) -> Option<Vec<u8>> {
        self.chunks.recv().ok()
    }

    pub fn give_back(&self, chunk: Vec<u8>) {
        // The reader is gone when the file has ended.
        let _ = self.used.try_send(chunk);
    }

    /// The file's XXH3-128, 32 hex digits.
    pub fn finish(self) -> Result<String> {
        drop((self.chunks, self.used));
        self.reading.join().unwrap_or_else(|_| Err("the thread that reads has panicked".to_owned()))
    }
}

fn read(mut file: File, full: &SyncSender<Vec<u8>>, empty: &Receiver<Vec<u8>>) -> std::io::Result<String> {
    let mut hasher = Xxh3::new();
    loop {
        let mut chunk = empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(CHUNK_BYTES));
        chunk.clear();
        file.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut chunk)?;
        hasher.update(&chunk);
        // Nobody takes it when decoding failed: there is no more to do.
        if chunk.is_empty() || full.send(chunk).is_err() {
            return Ok(format!("{:032x}", hasher.digest128()));
        }
    }
}
