//! The records of a stretch of bytes, told apart into good ones and others.

use crate::index::Index;
use crate::options::Dialect;
use crate::scanner::{QuoteFault, Record};
use dativo_gate::Fault;
use memchr::memchr;

/// What a record must be like.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    pub fields: usize,
    /// What says so: `the header has 5`.
    pub reason: String,
    pub allow_nul: bool,
}

/// A record that is rejected before anybody looks at its fields.
#[derive(Debug)]
pub struct Bad {
    /// Number among the records of the chunk, from 0.
    pub number: u32,
    pub start: usize,
    pub end: usize,
    pub faults: Vec<Fault>,
}

/// Kept from chunk to chunk for its memory.
#[derive(Debug, Default)]
pub struct Chunk {
    /// For each good record its place in the index's `ends`, one before the end of its first field.
    pub good: Vec<u32>,
    /// The numbers of the good records among all.
    pub numbers: Vec<u32>,
    pub bad: Vec<Bad>,
    /// How many records there are.
    pub records: u32,
    /// Where the next record begins.
    pub next: usize,
}

impl Chunk {
    /// Splits what was indexed into records, up to one that breaks a limit: the scanner will say which.
    pub fn split(&mut self, bytes: &[u8], index: &Index, expected: &Expectation, dialect: &Dialect) {
        self.clear();
        let harmless = dialect.harmless();
        let ends = index.ends.as_slice();
        let start = ends[0].wrapping_add(1) as usize;
        self.next = start;
        let last = *index.lines.last().unwrap_or(&0) as usize;
        let span = ends[last].wrapping_add(1) as usize - start;
        let width = expected.fields as u32;
        let mut previous = 0;
        for &line in &index.lines[1..] {
            let fields = line - previous;
            let from = ends[previous as usize].wrapping_add(1) as usize;
            let to = ends[line as usize] as usize;
            if span > harmless
                && to - from > harmless
                && breaks_limit(&ends[previous as usize..=line as usize], dialect)
            {
                break;
            }
            // A line end where a record could begin ends none; that of a carriage return and line feed is met twice.
            if fields != 1 || from != to {
                if fields == width {
                    self.good.push(previous);
                    self.numbers.push(self.records);
                } else {
                    let record = Record { start: from, end: to, fields: fields as usize, quote_fault: None };
                    let faults = judge(&bytes[from..to], &record, expected);
                    self.bad.push(Bad { number: self.records, start: from, end: to, faults });
                }
                self.records += 1;
            }
            previous = line;
            self.next = to + 1;
        }
        let stretch = &bytes[start..self.next];
        let is_invalid = index.has_high && simdutf8::basic::from_utf8(stretch).is_err();
        let holds_nul = index.has_nul && !expected.allow_nul && memchr(0, stretch).is_some();
        if is_invalid || holds_nul {
            self.judge_all(bytes, ends, expected);
        }
    }

    /// A chunk of one record, which the scanner has read.
    pub fn single(&mut self, bytes: &[u8], record: &Record, next: usize, expected: &Expectation) {
        self.clear();
        self.records = 1;
        self.next = next;
        let faults = judge(&bytes[record.start..record.end], record, expected);
        if faults.is_empty() {
            self.good.push(0);
            self.numbers.push(0);
        } else {
            self.bad.push(Bad { number: 0, start: record.start, end: record.end, faults });
        }
    }

    fn clear(&mut self) {
        self.good.clear();
        self.numbers.clear();
        self.bad.clear();
        self.records = 0;
    }

    /// Moves records that are no text from the good ones to the bad ones.
    #[cold]
    fn judge_all(&mut self, bytes: &[u8], ends: &[u32], expected: &Expectation) {
        let good = std::mem::take(&mut self.good);
        let numbers = std::mem::take(&mut self.numbers);
        for (place, number) in good.into_iter().zip(numbers) {
            let start = ends[place as usize].wrapping_add(1) as usize;
            let end = ends[place as usize + expected.fields] as usize;
            let record = Record { start, end, fields: expected.fields, quote_fault: None };
            let faults = judge(&bytes[start..end], &record, expected);
            if faults.is_empty() {
                self.good.push(place);
                self.numbers.push(number);
            } else {
                self.bad.push(Bad { number, start, end, faults });
            }
        }
        self.bad.sort_by_key(|bad| bad.number);
    }
}

#[cold]
fn breaks_limit(ends: &[u32], dialect: &Dialect) -> bool {
    let length = |from: u32, to: u32| to.wrapping_sub(from.wrapping_add(1)) as usize;
    length(ends[0], ends[ends.len() - 1]) > dialect.max_record
        || ends.windows(2).any(|pair| length(pair[0], pair[1]) > dialect.max_field)
}

/// What is wrong with a record as a whole: text that is not in the encoding, U+0000, odd quotes, a wrong number of
/// fields.
pub fn judge(raw: &[u8], record: &Record, expected: &Expectation) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut add = |rule, reason| faults.push(Fault { column: None, rule, reason });
    if simdutf8::basic::from_utf8(raw).is_err() {
        add("encoding", "is not utf-8".to_owned());
    }
    if !expected.allow_nul && memchr(0, raw).is_some() {
        add("nul", "holds the character U+0000".to_owned());
    }
    let fields = record.fields;
    match record.quote_fault {
        Some(QuoteFault::TextAfter) => add("quote", format!("has text behind the closing quote of field {fields}")),
        Some(QuoteFault::Stray) => {
            add("quote", format!("has a quote inside field {fields}, which does not begin with one"));
        }
        None if fields != expected.fields => {
            let counted = if fields == 1 { "1 field".to_owned() } else { format!("{fields} fields") };
            add("fields", format!("has {counted}, {}", expected.reason));
        }
        None => {}
    }
    faults
}
