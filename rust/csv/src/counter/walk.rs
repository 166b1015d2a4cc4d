//! Where a count stands: 64 bytes at a time where nothing is odd, else byte by byte as the scanner does.

use crate::index::{Carry, Found, Marks, is_plain};
use crate::options::Dialect;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    RecordStart,
    FieldStart,
    Plain,
    Quoted,
    Closed,
    /// Behind an odd quote: the record ends at the next line end.
    Broken,
}

pub(crate) struct Walk {
    pub dialect: Dialect,
    pub records: u64,
    pub record_start: u64,
    pub field_start: u64,
    /// Whether what outgrew its limit is a field, or a record.
    pub too_large: Option<bool>,
    position: u64,
    state: State,
    /// Whether the field that broke its record opened with a quote.
    broke_quoted: bool,
}

impl Walk {
    pub fn new(dialect: Dialect) -> Self {
        let state = State::RecordStart;
        Self {
            dialect,
            records: 0,
            record_start: 0,
            field_start: 0,
            too_large: None,
            position: 0,
            state,
            broke_quoted: false,
        }
    }

    /// What stands before a place is passed over.
    pub fn start_at(&mut self, position: u64) {
        (self.position, self.record_start, self.field_start) = (position, position, position);
    }

    /// Where the quote is that has not been closed.
    pub fn open_quote(&self) -> Option<u64> {
        (self.state == State::Quoted).then_some(self.field_start)
    }

    /// Where the field that is being read opens with a quote: nowhere else can one open.
    pub fn quote(&self) -> Option<u64> {
        let is_quoted = match self.state {
            State::Quoted | State::Closed => true,
            State::Broken => self.broke_quoted,
            _ => false,
        };
        is_quoted.then_some(self.field_start)
    }

    /// False when nothing can be counted any more.
    #[inline(always)]
    pub fn block(&mut self, block: &[u8; 64], marks: Marks, toggled: impl FnOnce() -> u64) -> bool {
        let end = self.position + 64;
        let is_harmless = end - self.record_start <= self.dialect.harmless() as u64;
        if self.state == State::Broken || !is_harmless {
            return self.bytes(block);
        }
        let mut carry = self.carry();
        let found = if is_plain(&carry, marks.quotes) {
            let ends = marks.delimiters | marks.line_ends;
            carry.pass_plain(ends);
            Found { ends, line_ends: marks.line_ends, odd: 64 }
        } else {
            carry.judge(marks, toggled(), u64::MAX)
        };
        if found.odd < 64 {
            return self.bytes(block);
        }
        let Found { ends, line_ends, .. } = found;
        // A line end where a record could begin ends none; that of a carriage return and line feed is met twice.
        let blank = line_ends << 1 | u64::from(self.state == State::RecordStart);
        self.records += u64::from((line_ends & !blank).count_ones());
        if line_ends != 0 {
            self.record_start = end - u64::from(line_ends.leading_zeros());
        }
        if ends != 0 {
            self.field_start = end - u64::from(ends.leading_zeros());
        }
        self.state = match carry {
            _ if line_ends >> 63 == 1 => State::RecordStart,
            _ if ends >> 63 == 1 => State::FieldStart,
            Carry { closed: 1, .. } => State::Closed,
            Carry { inside: u64::MAX, .. } => State::Quoted,
            _ => State::Plain,
        };
        self.position = end;
        true
    }

    fn carry(&self) -> Carry {
        Carry {
            inside: if self.state == State::Quoted { u64::MAX } else { 0 },
            may_open: u64::from(matches!(self.state, State::RecordStart | State::FieldStart | State::Closed)),
            closed: u64::from(self.state == State::Closed),
        }
    }

    /// The same byte by byte.
    #[inline(never)]
    pub fn bytes(&mut self, bytes: &[u8]) -> bool {
        for &byte in bytes {
            if self.too_large.is_some() {
                return false;
            }
            self.byte(byte);
        }
        self.too_large.is_none()
    }

    fn byte(&mut self, byte: u8) {
        let at = self.position;
        self.position += 1;
        if byte == b'\n' || byte == b'\r' {
            if self.state != State::Quoted {
                self.end_record(at);
            }
        } else if byte == self.dialect.delimiter && !matches!(self.state, State::Quoted | State::Broken) {
            if self.is_within_limits(at) {
                self.field_start = at + 1;
                self.state = State::FieldStart;
            }
        } else {
            self.enter(at, Some(byte) == self.dialect.quote);
        }
    }

    fn enter(&mut self, at: u64, is_quote: bool) {
        self.state = match (self.state, is_quote) {
            (State::RecordStart | State::FieldStart, true) if self.is_within_limits(at) => State::Quoted,
            (State::RecordStart | State::FieldStart | State::Plain, false) => State::Plain,
            (State::Quoted, true) => State::Closed,
            (State::Quoted, false) | (State::Closed, true) => State::Quoted,
            (State::Plain, true) | (State::Closed, false) if self.is_within_limits(at) => {
                self.broke_quoted = self.state == State::Closed;
                State::Broken
            }
            (state, _) => state,
        }
    }

    /// Ends the record that has no line end, if there is one.
    pub fn finish(&mut self) {
        self.end_record(self.position);
    }

    fn end_record(&mut self, at: u64) {
        if self.state != State::RecordStart {
            if !self.is_within_limits(at) {
                return;
            }
            self.records += 1;
        }
        self.state = State::RecordStart;
        (self.record_start, self.field_start) = (at + 1, at + 1);
    }

    /// Between two pieces: nothing that is open may have grown too large.
    pub fn rest(&mut self) {
        if self.state != State::RecordStart && self.too_large.is_none() {
            self.is_within_limits(self.position);
        }
    }

    fn is_within_limits(&mut self, at: u64) -> bool {
        let field_limit = match self.state {
            State::Broken => u64::MAX,
            _ => self.field_start + self.dialect.max_field as u64,
        };
        let record_limit = self.record_start + self.dialect.max_record as u64;
        if at <= field_limit && at <= record_limit {
            return true;
        }
        self.too_large = Some(field_limit <= record_limit);
        false
    }
}
