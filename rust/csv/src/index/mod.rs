//! Where fields and records end, found 64 bytes at a time.
//!
//! Quotes toggle: a byte is inside quotes when an odd number of them stands before it. That is right as long as every
//! opening quote begins a field (or continues one, doubled) and every closing quote ends one. The index checks this
//! for each block and stops before the first place where it does not hold; the scanner then reads that one record.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;

use crate::counter::Walk;
use crate::options::Dialect;

/// Places where something ends, in the bytes that were indexed.
#[derive(Debug, Default)]
pub struct Index {
    /// One before the first field, then where each field ends: at a delimiter or a line end.
    pub ends: Vec<u32>,
    /// The numbers of those entries in `ends` that are line ends; the first is that of the start.
    pub lines: Vec<u32>,
    /// Whether a byte beyond ASCII was seen, and whether a zero was.
    pub has_high: bool,
    pub has_nul: bool,
    /// Whether reading stopped before an odd quote.
    pub is_stopped: bool,
}

/// Bits of a block of 64 bytes, the first byte lowest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    pub quotes: u64,
    pub delimiters: u64,
    pub line_ends: u64,
}

/// Which of the two ways to find marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Engine {
    /// The fastest that this machine runs.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("pclmulqdq")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("bmi2")
            && std::arch::is_x86_feature_detected!("popcnt")
        {
            return Self::Avx2;
        }
        Self::Portable
    }
}

impl Index {
    /// Indexes bytes from the start of a record to their end, or to an odd quote.
    pub fn run(&mut self, bytes: &[u8], start: usize, dialect: &Dialect, engine: Engine) {
        self.ends.clear();
        self.lines.clear();
        self.ends.push((start as u32).wrapping_sub(1));
        self.lines.push(0);
        (self.has_high, self.has_nul, self.is_stopped) = (false, false, false);
        match engine {
            Engine::Portable => portable::run(self, bytes, start, dialect),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` gives this engine to machines alone that have what it is compiled for.
            Engine::Avx2 => unsafe { avx2::run(self, bytes, start, dialect) },
        }
    }
}

/// Counts records in whole blocks of 64 bytes; see [`Walk`].
pub(crate) fn count(walk: &mut Walk, blocks: &[[u8; 64]], engine: Engine) {
    match engine {
        Engine::Portable => portable::count(walk, blocks),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as for [`Index::run`].
        Engine::Avx2 => unsafe { avx2::count(walk, blocks) },
    }
}

/// What one block says to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carry {
    /// All ones inside quotes.
    pub inside: u64,
    /// Whether a quote may open at the next byte.
    pub may_open: u64,
    /// Whether the last byte closed a quote.
    pub closed: u64,
}

/// Ends found in a block, and the first odd place, 64 when there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub ends: u64,
    pub line_ends: u64,
    pub odd: u32,
}

impl Carry {
    pub(crate) fn at_record_start() -> Self {
        Self { inside: 0, may_open: 1, closed: 0 }
    }

    /// Judges the marks of a block; `toggled` is the running parity of its quotes, `valid` has a bit for each byte.
    #[inline(always)]
    pub(crate) fn judge(&mut self, marks: Marks, toggled: u64, valid: u64) -> Found {
        let inside = toggled ^ self.inside;
        let ends = (marks.delimiters | marks.line_ends) & !inside;
        let opening = marks.quotes & inside;
        let closing = marks.quotes & !inside;
        let may_open = ends | closing;
        let odd_opening = opening & !(may_open << 1 | self.may_open);
        let odd_text = (closing << 1 | self.closed) & !(ends | marks.quotes) & valid;
        self.inside = ((inside as i64) >> 63) as u64;
        self.may_open = may_open >> 63;
        self.closed = closing >> 63;
        let odd = odd_opening | odd_text;
        if odd == 0 {
            return Found { ends, line_ends: marks.line_ends & !inside, odd: 64 };
        }
        let at = odd.trailing_zeros();
        let before = (1u64 << at) - 1;
        Found { ends: ends & before, line_ends: marks.line_ends & !inside & before, odd: at }
    }
}

/// The same for a block without quotes outside of quotes, which is what most blocks are.
#[inline(always)]
pub(crate) fn is_plain(carry: &Carry, quotes: u64) -> bool {
    quotes | carry.inside | carry.closed == 0
}

impl Carry {
    #[inline(always)]
    pub(crate) fn pass_plain(&mut self, ends: u64) {
        self.may_open = ends >> 63;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::{Scanned, scan_record};

    const DIALECT: Dialect = Dialect { delimiter: b',', quote: Some(b'"'), max_record: 1 << 20, max_field: 1 << 20 };

    /// A small generator: the tests shall be the same everywhere.
    struct Seed(u64);

    impl Seed {
        fn next(&mut self, below: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % below
        }
    }

    fn engines() -> Vec<Engine> {
        let mut engines = vec![Engine::Portable];
        if Engine::detect() != Engine::Portable {
            engines.push(Engine::detect());
        }
        engines
    }

    /// What the scanner says of the same bytes: ends and line ends up to the last record that is whole and not odd.
    fn expected(bytes: &[u8], start: usize) -> (Vec<u32>, bool) {
        let (mut all, mut at, mut ends) = (vec![(start as u32).wrapping_sub(1)], start, Vec::new());
        loop {
            match scan_record(bytes, at, false, &DIALECT, &mut ends) {
                Scanned::Blank { next } => {
                    all.push(at as u32);
                    at = next;
                }
                Scanned::Record { record, next } if record.quote_fault.is_none() => {
                    all.extend_from_slice(&ends[1..]);
                    at = next;
                }
                Scanned::Record { .. } => return (all, true),
                _ => return (all, false),
            }
        }
    }

    #[test]
    fn finds_what_the_scanner_finds() {
        let alphabets: [&[u8]; 4] =
            [b"aa,\n\"", b"abcdefgh,\n", b"aaaaaaaaaaaaaaaaaaaaa,,\n\r\"", "é,\n\"\0".as_bytes()];
        let mut seed = Seed(1);
        let mut stopped = 0;
        for round in 0..60_000 {
            let alphabet = alphabets[round % alphabets.len()];
            let mut bytes: Vec<u8> = (0..seed.next(300)).map(|_| alphabet[seed.next(alphabet.len())]).collect();
            if round % 3 == 0 {
                // Well-formed quotes, which chance alone rarely gives.
                let field = |seed: &mut Seed| ["a", "\"b\"", "\"c,\n\"\"d\"", "\"\"", ""][seed.next(5)].to_owned();
                let line =
                    |seed: &mut Seed| [field(seed), field(seed), field(seed)].join(",") + ["\n", "\r\n"][seed.next(2)];
                bytes = (0..seed.next(30)).map(|_| line(&mut seed)).collect::<String>().into_bytes();
                bytes.extend_from_slice(["", "x\"", "\"open"][seed.next(3)].as_bytes());
            }
            let start = seed.next(4).min(bytes.len());
            let (ends, is_odd) = expected(&bytes, start);
            for engine in engines() {
                let mut index = Index::default();
                index.run(&bytes, start, &DIALECT, engine);
                let last = *index.lines.last().unwrap() as usize;
                let text = String::from_utf8_lossy(&bytes);
                assert_eq!(&index.ends[..=last], ends, "{engine:?} {text:?} from {start}");
                let is_line_end =
                    |end: &u32| bytes.get(*end as usize).is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
                let lines = index.ends[1..].iter().enumerate().filter(|(_, end)| is_line_end(end));
                assert_eq!(index.lines[1..], lines.map(|(at, _)| at as u32 + 1).collect::<Vec<_>>()[..], "{text:?}");
                if is_odd {
                    assert!(index.is_stopped, "{engine:?} {text:?}");
                } else {
                    assert!(!index.has_nul || bytes.contains(&0));
                    assert_eq!(
                        (index.has_nul, index.has_high),
                        (bytes[start..].contains(&0), !bytes[start..].is_ascii())
                    );
                }
                stopped += usize::from(index.is_stopped);
            }
        }
        assert!(stopped > 1000);
    }
}
