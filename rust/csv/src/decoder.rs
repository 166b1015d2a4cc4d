//! CSV bytes → batches. Batches, rejects and errors are the same however the bytes are cut.

use crate::chunk::Chunk;
use crate::errors::{CsvError, CsvErrorKind, Place};
use crate::head::{HEAD_BYTES, inspect_head};
use crate::index::{Engine, Index};
use crate::lines::Lines;
use crate::options::{Dialect, Options};
use crate::scanner::{Scanned, scan_record};
use crate::table::{Stretch, Table};
use dativo_gate::Gate;
use dativo_text::Decoded;
use memchr::memchr2;

/// Bytes are worked off when the stream reaches a multiple of this, so that nothing depends on how it is cut. A piece
/// with its index and the columns made of it stays in the second cache.
const PIECE_BYTES: usize = 256 * 1024;

/// The same where several threads make columns: they are begun and ended with each piece.
const SHARED_PIECE_BYTES: usize = 2 * 1024 * 1024;

pub struct Decoder {
    source: String,
    dialect: Dialect,
    allow_nul: bool,
    piece_bytes: usize,
    engine: Engine,
    table: Table,
    lines: Lines,
    index: Index,
    chunk: Chunk,
    /// Ends of the fields of a record that the scanner reads.
    ends: Vec<u32>,
    /// Bytes from the start of the first record that is not done, between one push and the next.
    held: Vec<u8>,
    /// Place of the first byte that is not done.
    base: u64,
    is_started: bool,
    lines_to_skip: usize,
    /// Whether the last byte given up is a carriage return.
    after_return: bool,
    /// Not worth trying with fewer bytes: a record that does not end is not read again at every piece.
    worth: usize,
}

impl Decoder {
    /// Options that are [`Options::unsupported`] must not come here.
    pub fn new(options: &Options, gate: Option<Gate>, source: impl Into<String>) -> Self {
        let source = source.into();
        Self {
            table: Table::new(options, gate, source.clone()),
            source,
            dialect: options.dialect(),
            allow_nul: options.allow_nul,
            piece_bytes: if options.threads > 1 { SHARED_PIECE_BYTES } else { PIECE_BYTES },
            engine: Engine::detect(),
            lines: Lines::new(),
            index: Index::default(),
            chunk: Chunk::default(),
            ends: Vec::new(),
            held: Vec::new(),
            base: 0,
            is_started: false,
            lines_to_skip: options.skip_lines,
            after_return: false,
            worth: 0,
        }
    }

    /// Takes another engine than the fastest one, to compare the two.
    pub fn with_engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// Nothing can be read after one; what was found before it is in `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Decoded>) -> Result<(), CsvError> {
        // What is not done is held, and then stands from `start` on. It is read where it stands: a copy of all would cost
        // as much as its index.
        let (mut start, mut reached) = (0, 0);
        while reached < bytes.len() {
            let end = self.base as usize + self.held.len() + reached - start;
            reached += (bytes.len() - reached).min(self.piece_bytes - end % self.piece_bytes);
            let count = self.held.len() + reached - start;
            let is_piece = (self.base as usize + count).is_multiple_of(self.piece_bytes);
            let is_due = (is_piece && count >= self.worth) || (!self.is_started && count >= HEAD_BYTES);
            if !is_due {
                continue;
            }
            if self.held.is_empty() {
                start += self.advance(&bytes[start..reached], is_piece, false, out)?;
            } else {
                self.held.extend_from_slice(&bytes[start..reached]);
                self.advance_held(is_piece, false, out)?;
                start = reached;
            }
            if self.held.len() <= start {
                start -= self.held.len();
                self.held.clear();
            }
        }
        self.held.extend_from_slice(&bytes[start..]);
        Ok(())
    }

    /// The last batches.
    ///
    /// # Errors
    /// As [`Decoder::push`]; also when the bytes end in the middle of something.
    pub fn finish(&mut self, out: &mut Vec<Decoded>) -> Result<(), CsvError> {
        self.advance_held(true, true, out)?;
        self.table.finish(out).map_err(|kind| self.error(kind))
    }

    /// Sentences about columns without a name, or columns that contract and source do not share; each is given once.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.table.warnings)
    }

    /// The gate, with what it has seen, for the next source.
    pub fn into_gate(self) -> Option<Gate> {
        self.table.into_gate()
    }

    fn advance_held(&mut self, is_whole: bool, is_last: bool, out: &mut Vec<Decoded>) -> Result<(), CsvError> {
        let mut held = std::mem::take(&mut self.held);
        let result = self.advance(&held, is_whole, is_last, out);
        held.drain(..*result.as_ref().unwrap_or(&0));
        self.held = held;
        result.map(|_| ())
    }

    /// Reads what can be read, and moves on. Returns how many bytes are done with.
    fn advance(
        &mut self,
        bytes: &[u8],
        is_whole: bool,
        is_last: bool,
        out: &mut Vec<Decoded>,
    ) -> Result<usize, CsvError> {
        let used = self.read(bytes, is_whole, is_last, out).map_err(|kind| {
            // What was read before the error is handed on, as far as there is any.
            self.table.flush(out);
            self.error(kind)
        })?;
        self.worth = match used {
            0 => (bytes.len() * 2).min(self.dialect.max_record + self.piece_bytes),
            _ => 0,
        };
        self.lines.line_at(bytes, self.base, self.base + used as u64);
        self.after_return = if used > 0 { bytes[used - 1] == b'\r' } else { self.after_return };
        self.base += used as u64;
        Ok(used)
    }

    /// Reads what can be read, and returns how many bytes are done with.
    fn read(
        &mut self,
        bytes: &[u8],
        is_whole: bool,
        is_last: bool,
        out: &mut Vec<Decoded>,
    ) -> Result<usize, CsvErrorKind> {
        let mut at = 0;
        if !self.is_started {
            let expected = if self.allow_nul { &[self.dialect.delimiter, 0][..] } else { &[self.dialect.delimiter] };
            at = inspect_head(bytes, expected)?;
            self.is_started = true;
        }
        if !is_whole {
            return Ok(at);
        }
        if self.lines_to_skip > 0 {
            at = self.skip_lines(bytes, at);
        }
        loop {
            if self.table.is_settled() {
                at = self.read_plain(bytes, at, out)?;
                let rest = bytes.len() - at;
                let is_open = !self.index.is_stopped && rest <= self.dialect.harmless();
                if !is_last && is_open {
                    return Ok(at);
                }
            }
            match self.read_one(bytes, at, is_last, out)? {
                Some(next) => at = next,
                None => return Ok(at),
            }
        }
    }

    /// Reads records many at a time, up to the first that is not plain.
    fn read_plain(&mut self, bytes: &[u8], start: usize, out: &mut Vec<Decoded>) -> Result<usize, CsvErrorKind> {
        self.index.run(bytes, start, &self.dialect, self.engine);
        self.chunk.split(bytes, &self.index, &self.table.expected, &self.dialect);
        let mut stretch = Stretch { bytes, base: self.base, lines: &mut self.lines };
        self.table.take(&mut stretch, &self.index.ends, &mut self.chunk, out)?;
        Ok(self.chunk.next)
    }

    /// Reads one record with the scanner, and returns where the next begins; `None` when there is none to be read.
    fn read_one(
        &mut self,
        bytes: &[u8],
        at: usize,
        is_last: bool,
        out: &mut Vec<Decoded>,
    ) -> Result<Option<usize>, CsvErrorKind> {
        let scanned = scan_record(bytes, at, is_last, &self.dialect, &mut self.ends);
        let mut stretch = Stretch { bytes, base: self.base, lines: &mut self.lines };
        match scanned {
            Scanned::End => Ok(None),
            Scanned::Blank { next } => Ok(Some(next)),
            Scanned::Open { quote } => match quote {
                Some(quote) if is_last => Err(CsvErrorKind::UnclosedQuote { quote: self.place(bytes, quote) }),
                _ => Ok(None),
            },
            Scanned::TooLarge { is_field, quote } => {
                let limit_bytes = if is_field { self.dialect.max_field } else { self.dialect.max_record };
                let record = self.place(bytes, at);
                let quote = quote.map(|quote| self.place(bytes, quote));
                Err(CsvErrorKind::TooLarge { is_field, limit_bytes, record, quote })
            }
            Scanned::Record { record, next } => {
                if !self.table.is_settled() && self.table.settle(&mut stretch, &record, &self.ends)? {
                    return Ok(Some(next));
                }
                self.chunk.single(bytes, &record, next, &self.table.expected);
                self.table.take(&mut stretch, &self.ends, &mut self.chunk, out)?;
                Ok(Some(next))
            }
        }
    }

    /// Passes over whole lines, whatever stands in them; they are not kept.
    fn skip_lines(&mut self, bytes: &[u8], mut at: usize) -> usize {
        while self.lines_to_skip > 0 {
            let Some(found) = memchr2(b'\n', b'\r', &bytes[at..]) else {
                return bytes.len();
            };
            let end = at + found;
            let is_after_return = if end == 0 { self.after_return } else { bytes[end - 1] == b'\r' };
            if bytes[end] == b'\r' || !is_after_return {
                self.lines_to_skip -= 1;
            }
            at = end + 1;
        }
        at
    }

    fn place(&mut self, bytes: &[u8], at: usize) -> Place {
        let offset = self.base + at as u64;
        Place { line: self.lines.line_at(bytes, self.base, offset), offset }
    }

    fn error(&self, kind: CsvErrorKind) -> CsvError {
        CsvError { source: self.source.clone(), kind }
    }
}
