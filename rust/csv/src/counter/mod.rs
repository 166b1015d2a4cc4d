//! CSV bytes → the number of their records, good and bad; nothing is held but the first bytes of a file.
//!
//! What is a record, and which errors end a file, is what the decoder says, except for those of names and fields: no
//! field is looked at.

mod walk;

pub(crate) use walk::Walk;

use crate::errors::{CsvError, CsvErrorKind, Place};
use crate::head::{HEAD_BYTES, inspect_head};
use crate::index::{Engine, count};
use crate::lines::Lines;
use crate::options::Options;
use memchr::memchr2;

/// Records are counted, and then lines, while the bytes are in the second cache.
const PIECE_BYTES: usize = 256 * 1024;

pub struct Counter {
    source: String,
    engine: Engine,
    walk: Walk,
    lines: Lines,
    /// Up to where lines are counted.
    counted: u64,
    /// The lines of the record that is open, and of the quote that is.
    record_line: u64,
    quote_line: u64,
    head: Vec<u8>,
    is_started: bool,
    lines_to_skip: usize,
    after_return: bool,
    has_header: bool,
    is_named: bool,
    allow_nul: bool,
}

impl Counter {
    /// Options that are [`Options::unsupported`] must not come here.
    pub fn new(options: &Options, source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            engine: Engine::detect(),
            walk: Walk::new(options.dialect()),
            lines: Lines::new(),
            counted: 0,
            record_line: 1,
            quote_line: 1,
            head: Vec::new(),
            is_started: false,
            lines_to_skip: options.skip_lines,
            after_return: false,
            has_header: options.header,
            is_named: options.columns.is_some(),
            allow_nul: options.allow_nul,
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
    /// Nothing can be counted after one.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), CsvError> {
        if self.is_started {
            return self.run(bytes);
        }
        let (first, rest) = bytes.split_at(bytes.len().min(HEAD_BYTES - self.head.len()));
        self.head.extend_from_slice(first);
        if self.head.len() < HEAD_BYTES {
            return Ok(());
        }
        self.start()?;
        self.run(rest)
    }

    /// The number of records; a header is none.
    ///
    /// # Errors
    /// As [`Counter::push`]; also when a quote is open, or nothing names the columns.
    pub fn finish(&mut self) -> Result<u64, CsvError> {
        if !self.is_started {
            self.start()?;
        }
        if self.walk.open_quote().is_some() {
            let quote = Place { line: self.quote_line, offset: self.walk.field_start };
            return Err(self.error(CsvErrorKind::UnclosedQuote { quote }));
        }
        self.walk.finish();
        self.refuse_too_large()?;
        if self.walk.records == 0 && (self.has_header || !self.is_named) {
            return Err(self.error(CsvErrorKind::Empty));
        }
        Ok(self.walk.records - u64::from(self.has_header))
    }

    fn start(&mut self) -> Result<(), CsvError> {
        let head = std::mem::take(&mut self.head);
        let delimiter = self.walk.dialect.delimiter;
        let expected = if self.allow_nul { &[delimiter, 0][..] } else { &[delimiter] };
        let mark = inspect_head(&head, expected).map_err(|kind| self.error(kind.into()))?;
        self.is_started = true;
        self.lines.line_at(&head, 0, mark as u64);
        self.counted = mark as u64;
        self.walk.start_at(mark as u64);
        self.run(&head[mark..])
    }

    fn run(&mut self, bytes: &[u8]) -> Result<(), CsvError> {
        bytes.chunks(PIECE_BYTES).try_for_each(|piece| self.run_piece(piece))
    }

    fn run_piece(&mut self, piece: &[u8]) -> Result<(), CsvError> {
        let base = self.counted;
        let skipped = self.skip_lines(piece);
        if skipped > 0 {
            self.walk.start_at(base + skipped as u64);
        }
        let (blocks, rest) = piece[skipped..].as_chunks::<64>();
        count(&mut self.walk, blocks, self.engine);
        self.walk.bytes(rest);
        self.walk.rest();
        self.count_lines(piece, base);
        self.refuse_too_large()
    }

    /// Passes over whole lines, whatever stands in them. Returns how many bytes they have.
    fn skip_lines(&mut self, piece: &[u8]) -> usize {
        let mut at = 0;
        while self.lines_to_skip > 0 {
            let Some(found) = memchr2(b'\n', b'\r', &piece[at..]) else {
                self.after_return = piece.last() == Some(&b'\r');
                return piece.len();
            };
            let end = at + found;
            let is_after_return = if end == 0 { self.after_return } else { piece[end - 1] == b'\r' };
            if piece[end] == b'\r' || !is_after_return {
                self.lines_to_skip -= 1;
            }
            at = end + 1;
        }
        at
    }

    /// Only the lines of what is open at the end of a piece can be asked for.
    fn count_lines(&mut self, piece: &[u8], base: u64) {
        if self.walk.record_start >= base {
            self.record_line = self.lines.line_at(piece, base, self.walk.record_start);
        }
        if let Some(quote) = self.walk.quote().filter(|quote| *quote >= base) {
            self.quote_line = self.lines.line_at(piece, base, quote);
        }
        self.counted = base + piece.len() as u64;
        self.lines.line_at(piece, base, self.counted);
    }

    fn refuse_too_large(&self) -> Result<(), CsvError> {
        let Some(is_field) = self.walk.too_large else { return Ok(()) };
        let dialect = &self.walk.dialect;
        let limit_bytes = if is_field { dialect.max_field } else { dialect.max_record };
        let record = Place { line: self.record_line, offset: self.walk.record_start };
        let quote = self.walk.quote().map(|offset| Place { line: self.quote_line, offset });
        Err(self.error(CsvErrorKind::TooLarge { is_field, limit_bytes, record, quote }))
    }

    fn error(&self, kind: CsvErrorKind) -> CsvError {
        CsvError { source: self.source.clone(), kind }
    }
}
