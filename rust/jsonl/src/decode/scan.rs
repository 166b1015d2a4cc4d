//! The tokens of JSON (RFC 8259). All bytes given end with a line feed, which no token and no space takes, so that a
//! look at the next byte never leaves them.

/// Why a line is refused. The host asks its own parser for the sentence, and takes this one where that has none.
pub type Refusal = String;

/// Where a value stands, and what it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cell {
    start: u32,
    /// The kind in the upper four bits: a record has at most 256 MiB.
    length: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// No value, or null.
    None,
    /// A text without escapes, without its quotes.
    Text,
    /// The same with escapes.
    Escaped,
    /// An integer of at most 15 digits.
    Integer,
    /// A number with a point that is spelled as JavaScript spells it.
    Point,
    /// Any other number.
    Number,
    True,
    False,
    Array,
    Object,
}

const KINDS: [Kind; 10] = [
    Kind::None,
    Kind::Text,
    Kind::Escaped,
    Kind::Integer,
    Kind::Point,
    Kind::Number,
    Kind::True,
    Kind::False,
    Kind::Array,
    Kind::Object,
];

const LENGTH_BITS: u32 = 28;

impl Cell {
    pub fn new(kind: Kind, start: usize, end: usize) -> Self {
        Self { start: start as u32, length: (end - start) as u32 | (kind as u32) << LENGTH_BITS }
    }

    #[inline(always)]
    pub fn kind(self) -> Kind {
        KINDS[(self.length >> LENGTH_BITS) as usize]
    }

    #[inline(always)]
    pub fn start(self) -> usize {
        self.start as usize
    }

    #[inline(always)]
    pub fn len(self) -> usize {
        (self.length & ((1 << LENGTH_BITS) - 1)) as usize
    }

    #[inline(always)]
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start()..self.start() + self.len()]
    }
}

#[inline(always)]
pub fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes[at], b' ' | b'\t' | b'\r') {
        at += 1;
    }
    at
}

/// The closing quote of a text that begins at a place, and whether it has escapes.
#[inline(always)]
pub fn scan_text(bytes: &[u8], mut at: usize) -> Result<(usize, bool), Refusal> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    while let Some(word) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        let quote = word ^ (ONES * 0x22);
        let slash = word ^ (ONES * 0x5c);
        // The lowest mark is right; one above it may come of a carry, and is not looked at.
        let marks = ((quote.wrapping_sub(ONES) & !quote)
            | (slash.wrapping_sub(ONES) & !slash)
            | (word.wrapping_sub(ONES * 0x20) & !word))
            & TOPS;
        if marks == 0 {
            at += 8;
            continue;
        }
        at += (marks.trailing_zeros() / 8) as usize;
        return if bytes[at] == b'"' { Ok((at, false)) } else { scan_escaped(bytes, at) };
    }
    scan_escaped(bytes, at)
}

/// The same byte by byte, from anywhere in the text.
#[inline(never)]
fn scan_escaped(bytes: &[u8], mut at: usize) -> Result<(usize, bool), Refusal> {
    let mut has_escapes = false;
    loop {
        match bytes[at] {
            b'"' => return Ok((at, has_escapes)),
            b'\\' => {
                has_escapes = true;
                at += match bytes[at + 1] {
                    b'u' => surrogates_fit(bytes, at)?,
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                    _ => return Err("is not JSON: an escape is none".into()),
                };
            }
            0..b' ' => return Err("is not JSON: a text is not closed, or holds a control character".into()),
            _ => at += 1,
        }
    }
}

/// The length of an escape `\uXXXX`, or of two that are a pair.
fn surrogates_fit(bytes: &[u8], at: usize) -> Result<usize, Refusal> {
    let unit = unit_at(bytes, at).ok_or("is not JSON: an escape is none")?;
    match unit {
        0xd800..0xdc00 if unit_at(bytes, at + 6).is_some_and(|low| (0xdc00..0xe000).contains(&low)) => Ok(12),
        0xd800..0xe000 => Err("holds half of a surrogate pair, which UTF-8 cannot spell".into()),
        _ => Ok(6),
    }
}

/// The unit that an escape `\uXXXX` at a place stands for.
pub fn unit_at(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, &digit| Some(unit << 4 | char::from(digit).to_digit(16)?))
}

/// A number, from its first byte on.
#[inline(always)]
pub fn scan_number(bytes: &[u8], start: usize) -> Result<Cell, Refusal> {
    let mut at = start + usize::from(bytes[start] == b'-');
    let whole = at;
    at = skip_digits(bytes, at);
    // A zero stands alone before the point.
    if at == whole || (bytes[whole] == b'0' && at > whole + 1) {
        return Err(NO_NUMBER.into());
    }
    if !matches!(bytes[at], b'.' | b'e' | b'E') {
        let kind = if at - whole <= 15 { Kind::Integer } else { Kind::Number };
        return Ok(Cell::new(kind, start, at));
    }
    let mut is_plain = bytes[at] == b'.';
    if is_plain {
        let fraction = at + 1;
        at = skip_digits(bytes, fraction);
        if at == fraction {
            return Err(NO_NUMBER.into());
        }
        // JavaScript writes no zero at the end, an exponent for what is tiny, and all digits of what has few.
        is_plain = at - whole <= 15 && bytes[at - 1] != b'0' && !bytes[whole..].starts_with(b"0.00000");
    }
    if bytes[at] | 0x20 == b'e' {
        is_plain = false;
        at += 1 + usize::from(matches!(bytes[at + 1], b'+' | b'-'));
        let exponent = at;
        at = skip_digits(bytes, exponent);
        if at == exponent {
            return Err(NO_NUMBER.into());
        }
    }
    Ok(Cell::new(if is_plain { Kind::Point } else { Kind::Number }, start, at))
}

const NO_NUMBER: &str = "is not JSON: a number is none";

#[inline(always)]
fn skip_digits(bytes: &[u8], mut at: usize) -> usize {
    while bytes[at].is_ascii_digit() {
        at += 1;
    }
    at
}
