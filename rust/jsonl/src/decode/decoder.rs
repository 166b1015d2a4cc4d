//! Bytes → lines → batches. Batches, rejects and errors are the same however the bytes are cut.

use crate::decode::error::JsonlError;
use crate::decode::options::Options;
use crate::decode::table::{Place, Table};
use arrow_schema::SchemaRef;
use dativo_gate::Gate;
use dativo_text::Decoded;
use dativo_text::head::{HEAD_BYTES, inspect_head};
use memchr::{memchr, memchr_iter, memrchr};

/// Lines with their places and the columns made of them stay in the second cache.
const PIECE_BYTES: usize = 256 * 1024;

pub struct Decoder {
    source: String,
    max_record_bytes: usize,
    table: Table,
    /// The beginning of a line, or of a source at whose head nobody has looked.
    held: Vec<u8>,
    /// Place of the first byte that is not done.
    base: u64,
    /// Line ends before it.
    lines: u64,
    is_started: bool,
}

impl Decoder {
    /// `columns` are those of the source where there is no gate.
    pub fn new(options: &Options, gate: Option<Gate>, source: &str, columns: &[String]) -> Self {
        Self::of(options, source, Table::new(options, gate, source, columns))
    }

    /// `columns` have the types that the host has read off the first records. Lines with something that has not these
    /// types, or that is no column's, are handed on without types, in batches that say so in their metadata.
    ///
    /// # Errors
    /// For what is no type.
    pub fn settled(options: &Options, source: &str, columns: &[(String, String)]) -> Result<Self, JsonlError> {
        Ok(Self::of(options, source, Table::settled(options, source, columns)?))
    }

    fn of(options: &Options, source: &str, table: Table) -> Self {
        Self {
            source: source.to_owned(),
            max_record_bytes: options.max_record_bytes,
            table,
            held: Vec::new(),
            base: 0,
            lines: 0,
            is_started: false,
        }
    }

    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// Nothing can be read after one; what was found before it is in `out`.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<Decoded>) -> Result<(), JsonlError> {
        if !self.is_started {
            let missing = HEAD_BYTES.saturating_sub(self.held.len()).min(bytes.len());
            self.held.extend_from_slice(&bytes[..missing]);
            bytes = &bytes[missing..];
            if self.held.len() < HEAD_BYTES {
                return Ok(());
            }
            self.start()?;
            if let Some(last) = memrchr(b'\n', &self.held) {
                let rest = self.held.split_off(last + 1);
                self.read_held(out)?;
                self.held = rest;
            }
        }
        if !self.held.is_empty() {
            let Some(end) = memchr(b'\n', bytes) else { return self.hold(bytes, out) };
            self.held.extend_from_slice(&bytes[..=end]);
            bytes = &bytes[end + 1..];
            self.read_held(out)?;
        }
        let Some(last) = memrchr(b'\n', bytes) else { return self.hold(bytes, out) };
        let mut lines = &bytes[..=last];
        while !lines.is_empty() {
            let reach = lines.len().min(PIECE_BYTES);
            let end = memrchr(b'\n', &lines[..reach]).or_else(|| memchr(b'\n', lines)).unwrap_or(lines.len() - 1);
            self.read(&lines[..=end], out)?;
            lines = &lines[end + 1..];
        }
        self.hold(&bytes[last + 1..], out)
    }

    /// The last batches.
    ///
    /// # Errors
    /// As [`Decoder::push`].
    pub fn finish(&mut self, out: &mut Vec<Decoded>) -> Result<(), JsonlError> {
        if !self.is_started {
            self.start()?;
        }
        if !self.held.is_empty() {
            self.held.push(b'\n');
            self.read_held(out)?;
        }
        let finished = self.table.finish(out);
        finished.map_err(|error| self.fail(error.into(), out))
    }

    /// What records have that are not handed on without types; undefined where none have types.
    pub fn schema(&self) -> Option<SchemaRef> {
        self.table.schema()
    }

    /// Sentences about members that no contract names; each is given once.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.table.warnings)
    }

    /// The gate, with what it has seen, for the next source.
    pub fn into_gate(self) -> Option<Gate> {
        self.table.into_gate()
    }

    /// Looks at the first bytes, and passes over the mark of the encoding.
    fn start(&mut self) -> Result<(), JsonlError> {
        let mark = inspect_head(&self.held, &[]).map_err(|fault| JsonlError::head(&self.source, fault))?;
        self.held.drain(..mark);
        self.base = mark as u64;
        self.is_started = true;
        Ok(())
    }

    /// Keeps the beginning of a line.
    fn hold(&mut self, bytes: &[u8], out: &mut Vec<Decoded>) -> Result<(), JsonlError> {
        if self.held.len() + bytes.len() > self.max_record_bytes {
            self.table.flush(out);
            return Err(self.too_large(0));
        }
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    fn read_held(&mut self, out: &mut Vec<Decoded>) -> Result<(), JsonlError> {
        let mut held = std::mem::take(&mut self.held);
        let result = self.read(&held, out);
        held.clear();
        self.held = held;
        result
    }

    /// Reads whole lines, each with its end.
    fn read(&mut self, bytes: &[u8], out: &mut Vec<Decoded>) -> Result<(), JsonlError> {
        let is_utf8 = simdutf8::basic::from_utf8(bytes).is_ok();
        let mut start = 0;
        for feed in memchr_iter(b'\n', bytes) {
            if feed - start > self.max_record_bytes {
                let settled = self.table.settle(bytes, self.base, out);
                settled.map_err(|error| self.fail(error.into(), out))?;
                self.table.flush(out);
                return Err(self.too_large(start));
            }
            self.lines += 1;
            let end = feed - usize::from(feed > start && bytes[feed - 1] == b'\r');
            let line = &bytes[start..end];
            if !line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
                let is_good = is_utf8 || simdutf8::basic::from_utf8(line).is_ok();
                let place = Place::new(start, end, feed, self.lines);
                let taken = self.table.take(bytes, self.base, place, is_good, out);
                taken.map_err(|error| self.fail(error.into(), out))?;
            }
            start = feed + 1;
        }
        let settled = self.table.settle(bytes, self.base, out);
        settled.map_err(|error| self.fail(error.into(), out))?;
        self.base += bytes.len() as u64;
        Ok(())
    }

    /// Hands on what was rejected before an error.
    fn fail(&mut self, error: JsonlError, out: &mut Vec<Decoded>) -> JsonlError {
        self.table.flush_rejects(out);
        error
    }

    /// The line that begins at a place of the bytes at hand.
    fn too_large(&self, start: usize) -> JsonlError {
        JsonlError::too_large(&self.source, self.lines + 1, self.base + start as u64, self.max_record_bytes)
    }
}
