//! The texts of one column, straight from the index.

use crate::nulls::NullWords;
use dativo_gate::{Cells, Text};
use memchr::memchr;

/// A column of good records: each has as many fields as the table has columns, and quotes that fit.
#[derive(Clone, Copy, Debug)]
pub struct FieldCells<'c> {
    bytes: &'c [u8],
    ends: &'c [u32],
    rows: &'c [u32],
    column: usize,
    meaning: &'c Meaning,
}

/// What a field means besides the text that stands there.
#[derive(Debug)]
pub struct Meaning {
    pub quote: Option<u8>,
    nulls: NullWords,
    /// For each first byte, up to which length a field may be in quotes or a null word.
    doubtful: Box<[u32; 256]>,
}

impl Meaning {
    pub fn new(quote: Option<u8>, null_values: &[String]) -> Self {
        let mut doubtful = Box::new([0; 256]);
        for word in null_values {
            if let Some(first) = word.bytes().next() {
                let longest = &mut doubtful[usize::from(first)];
                *longest = (*longest).max(word.len() as u32);
            }
        }
        if let Some(quote) = quote {
            doubtful[usize::from(quote)] = u32::MAX;
        }
        Self { quote, nulls: NullWords::new(null_values), doubtful }
    }

    /// The text of a field of so many bytes; `None` for no value.
    fn of<'a>(&self, from: &'a [u8], length: usize, scratch: &'a mut Vec<u8>) -> Option<Text<'a>> {
        let text = match self.quote {
            Some(quote) if length > 0 && from[0] == quote => unquote(from, length, quote, scratch),
            _ => Text::new(from, length),
        };
        if self.nulls.contains(text.bytes()) { None } else { Some(text) }
    }
}

// SAFETY: a chunk has validated the bytes of its good records, and a field ends where another byte than of its text stands.
unsafe impl Cells for FieldCells<'_> {
    #[inline]
    fn len(&self) -> usize {
        self.rows.len()
    }

    #[inline(always)]
    fn plain(&self, row: usize) -> Option<Text<'_>> {
        let (from, length) = self.field(row);
        let first = from.first()?;
        (length > self.meaning.doubtful[usize::from(*first)] as usize).then(|| Text::new(from, length))
    }

    #[inline(never)]
    fn get<'a>(&'a self, row: usize, scratch: &'a mut Vec<u8>) -> Option<Text<'a>> {
        let (from, length) = self.field(row);
        self.meaning.of(from, length, scratch)
    }
}

impl<'c> FieldCells<'c> {
    /// `ends` lists where fields of `bytes` end, and `rows` the place in it for each record: one before the end of its
    /// first field. Both ascend.
    pub fn new(bytes: &'c [u8], ends: &'c [u32], rows: &'c [u32], column: usize, meaning: &'c Meaning) -> Self {
        if let Some(&row) = rows.last() {
            assert!(ends[row as usize + column + 1] as usize <= bytes.len(), "a field lies in the bytes");
        }
        Self { bytes, ends, rows, column, meaning }
    }

    /// The bytes from the first of a field on, and how many of them are the field's.
    #[inline(always)]
    fn field(&self, row: usize) -> (&'c [u8], usize) {
        let at = self.rows[row] as usize + self.column;
        debug_assert!(self.ends[at..][..2].is_sorted_by_key(|end| end.wrapping_add(1)));
        // SAFETY: what holds for the last row holds for those before it, since both lists ascend.
        unsafe {
            // The entry before the first byte of all is one less than zero.
            let start = self.ends.get_unchecked(at).wrapping_add(1) as usize;
            let end = *self.ends.get_unchecked(at + 1) as usize;
            (self.bytes.get_unchecked(start..), end - start)
        }
    }
}

/// The text of a field in quotes that fit; doubled ones are undone in the scratch space.
#[inline(never)]
pub fn unquote<'a>(from: &'a [u8], length: usize, quote: u8, scratch: &'a mut Vec<u8>) -> Text<'a> {
    let inside = &from[1..length - 1];
    let Some(first) = memchr(quote, inside) else {
        return Text::new(&from[1..], inside.len());
    };
    scratch.clear();
    scratch.extend_from_slice(&inside[..=first]);
    let mut rest = &inside[first + 2..];
    while let Some(at) = memchr(quote, rest) {
        scratch.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    scratch.extend_from_slice(rest);
    Text::from(&scratch[..])
}
