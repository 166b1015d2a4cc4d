//! The texts of one column, straight from the index.

use crate::nulls::NullWords;
use dativo_gate::Cells;
use memchr::memchr;

/// A column of good records: each has as many fields as the table has columns, and quotes that fit.
#[derive(Clone, Copy, Debug)]
pub struct FieldCells<'c> {
    pub bytes: &'c [u8],
    pub ends: &'c [u32],
    /// For each record its place in `ends`: one before the end of its first field.
    pub rows: &'c [u32],
    pub column: usize,
    pub quote: Option<u8>,
    pub nulls: &'c NullWords,
}

// SAFETY: a chunk has validated the bytes of its good records, and a field ends where another byte than of its text stands.
unsafe impl Cells for FieldCells<'_> {
    #[inline]
    fn len(&self) -> usize {
        self.rows.len()
    }

    // Called from one loop per type: a call for each cell costs a fifth of the whole.
    #[inline(always)]
    fn get<'a>(&'a self, row: usize, scratch: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        let at = self.rows[row] as usize + self.column;
        // The entry before the first byte of all is one less than zero.
        let start = self.ends[at].wrapping_add(1) as usize;
        let raw = &self.bytes[start..self.ends[at + 1] as usize];
        let text = match self.quote {
            Some(quote) if raw.first() == Some(&quote) => unquote(raw, quote, scratch),
            _ => raw,
        };
        if self.nulls.contains(text) { None } else { Some(text) }
    }
}

/// The text of a field in quotes that fit; doubled ones are undone in the scratch space.
#[inline(never)]
pub fn unquote<'a>(raw: &'a [u8], quote: u8, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let inside = &raw[1..raw.len() - 1];
    let Some(first) = memchr(quote, inside) else {
        return inside;
    };
    scratch.clear();
    scratch.extend_from_slice(&inside[..=first]);
    let mut rest = &inside[first + 2..];
    while let Some(at) = memchr(quote, rest) {
        scratch.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    scratch.extend_from_slice(rest);
    scratch
}
