//! One record at a time, byte by byte: the judge of everything that is not plain.
//!
//! A port of `record-scanner.ts` without comments, escapes and wide delimiters. The index reads the rest much faster
//! and stops before anything it cannot be sure of.

use crate::options::Dialect;

/// What is wrong with the quotes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteFault {
    /// A quote stands inside a field that does not begin with one.
    Stray,
    /// Text follows the closing quote of a field.
    TextAfter,
}

/// Where a record stands. Positions count from the first byte of the slice that was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub start: usize,
    /// Behind the last byte, the line end left out.
    pub end: usize,
    /// Number of fields; up to the odd quote when there is one.
    pub fields: usize,
    pub quote_fault: Option<QuoteFault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// A line end where a record could begin.
    Blank {
        next: usize,
    },
    Record {
        record: Record,
        next: usize,
    },
    /// The bytes end before the record does; `quote` is the one that is open.
    Open {
        quote: Option<usize>,
    },
    TooLarge {
        is_field: bool,
        quote: Option<usize>,
    },
    /// No byte is left.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    RecordStart,
    FieldStart,
    Plain,
    Quoted,
    /// Behind a quote that may be the closing one.
    Closed,
    /// Behind an odd quote: the record ends at the next line end, whatever stands before it.
    Broken,
}

struct Scanner<'d> {
    dialect: &'d Dialect,
    state: State,
    start: usize,
    field_start: usize,
    fields: usize,
    quote: Option<usize>,
    quote_fault: Option<QuoteFault>,
}

/// Scans the record that starts at a position. The ends of its fields go to `ends`, as the index lists them.
pub fn scan_record(bytes: &[u8], start: usize, is_last: bool, dialect: &Dialect, ends: &mut Vec<u32>) -> Scanned {
    ends.clear();
    ends.push((start as u32).wrapping_sub(1));
    if start == bytes.len() {
        return Scanned::End;
    }
    let mut scanner = Scanner {
        dialect,
        state: State::RecordStart,
        start,
        field_start: start,
        fields: 0,
        quote: None,
        quote_fault: None,
    };
    for (at, &byte) in bytes.iter().enumerate().skip(start) {
        if byte == b'\n' || byte == b'\r' {
            match scanner.state {
                State::RecordStart => return Scanned::Blank { next: at + 1 },
                State::Quoted => continue,
                _ => return scanner.end_record(at, at + 1, ends),
            }
        }
        if byte == dialect.delimiter && !matches!(scanner.state, State::Quoted | State::Broken) {
            if scanner.is_too_large(at) {
                return scanner.too_large();
            }
            ends.push(at as u32);
            scanner.fields += 1;
            scanner.field_start = at + 1;
            scanner.quote = None;
            scanner.state = State::FieldStart;
        } else if !scanner.enter(at, Some(byte) == dialect.quote) {
            return scanner.too_large();
        }
    }
    if scanner.is_too_large(bytes.len()) {
        return scanner.too_large();
    }
    if scanner.state == State::Quoted {
        return Scanned::Open { quote: scanner.quote };
    }
    if is_last { scanner.end_record(bytes.len(), bytes.len(), ends) } else { Scanned::Open { quote: None } }
}

impl Scanner<'_> {
    /// Takes a byte that ends nothing; false when the field that it breaks is too large.
    fn enter(&mut self, at: usize, is_quote: bool) -> bool {
        self.state = match (self.state, is_quote) {
            (State::RecordStart | State::FieldStart, true) => {
                // What has outgrown its limit before the quote has done so without it.
                if self.is_too_large(at) {
                    return false;
                }
                self.quote = Some(at);
                State::Quoted
            }
            (State::RecordStart | State::FieldStart | State::Plain, false) => State::Plain,
            (State::Quoted, true) => State::Closed,
            (State::Quoted, false) | (State::Closed, true) => State::Quoted,
            (State::Broken, _) => State::Broken,
            (State::Plain, true) | (State::Closed, false) => {
                if self.is_too_large(at) {
                    return false;
                }
                let is_closed = self.state == State::Closed;
                self.quote_fault = Some(if is_closed { QuoteFault::TextAfter } else { QuoteFault::Stray });
                self.fields += 1;
                State::Broken
            }
        };
        true
    }

    fn end_record(&self, end: usize, next: usize, ends: &mut Vec<u32>) -> Scanned {
        if self.is_too_large(end) {
            return self.too_large();
        }
        ends.push(end as u32);
        let fields = self.fields + usize::from(self.state != State::Broken);
        Scanned::Record { record: Record { start: self.start, end, fields, quote_fault: self.quote_fault }, next }
    }

    fn is_too_large(&self, at: usize) -> bool {
        let is_field = self.state != State::Broken && at - self.field_start > self.dialect.max_field;
        is_field || at - self.start > self.dialect.max_record
    }

    fn too_large(&self) -> Scanned {
        let field_limit = self.field_start + self.dialect.max_field;
        let is_field = self.state != State::Broken && field_limit <= self.start + self.dialect.max_record;
        Scanned::TooLarge { is_field, quote: self.quote }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Scanned {
        let dialect = Dialect { delimiter: b',', quote: Some(b'"'), max_record: 20, max_field: 10 };
        scan_record(text.as_bytes(), 0, true, &dialect, &mut Vec::new())
    }

    #[test]
    fn records_end_at_line_ends_outside_quotes() {
        let record = |end, fields, quote_fault| Record { start: 0, end, fields, quote_fault };
        assert_eq!(scan("a,\"b\nc\"\n"), Scanned::Record { record: record(7, 2, None), next: 8 });
        assert_eq!(scan("a,\"\"\"\""), Scanned::Record { record: record(6, 2, None), next: 6 });
        assert_eq!(scan("a,b\"c,\"\rx"), Scanned::Record { record: record(7, 2, Some(QuoteFault::Stray)), next: 8 });
        assert_eq!(scan("\"a\"b\n"), Scanned::Record { record: record(4, 1, Some(QuoteFault::TextAfter)), next: 5 });
        assert_eq!(scan("\na"), Scanned::Blank { next: 1 });
        assert_eq!(scan("a,\"b"), Scanned::Open { quote: Some(2) });
        assert_eq!(scan("aaaaaaaaaaa\n"), Scanned::TooLarge { is_field: true, quote: None });
        assert_eq!(scan("aaaaaaaaa,aaaaaaaaa,a\n"), Scanned::TooLarge { is_field: false, quote: None });
        assert_eq!(scan("aaaaaaaaa,aaaaaaaaaa,\""), Scanned::TooLarge { is_field: false, quote: None });
    }
}
