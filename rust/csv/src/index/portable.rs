//! Marks of a block without vector instructions of a certain machine.
//!
//! The comparisons are written as loops over bytes, which compilers turn into whatever vectors there are; the bytes of
//! ones and zeros that come out are gathered into bits by a multiplication, eight at a time.

use super::{Carry, Found, Index, Marks, is_plain};
use crate::counter::Walk;
use crate::options::Dialect;

/// Gathers the lowest bits of eight bytes in the highest byte, the first byte's lowest.
const GATHER: u64 = 0x0102_0408_1020_4080;

pub fn run(index: &mut Index, bytes: &[u8], start: usize, dialect: &Dialect) {
    let mut carry = Carry::at_record_start();
    let mut at = start;
    let mut tail = [b' '; 64];
    while at < bytes.len() {
        let count = (bytes.len() - at).min(64);
        let valid = if count == 64 { u64::MAX } else { (1 << count) - 1 };
        let block = match bytes[at..].first_chunk::<64>() {
            Some(block) => block,
            None => {
                tail[..count].copy_from_slice(&bytes[at..]);
                &tail
            }
        };
        let marks = marks_of(block, dialect, valid);
        index.has_high |= block.iter().fold(0, |all, byte| all | byte) >= 0x80;
        index.has_nul |= block.iter().fold(0xff, |least: u8, byte| least.min(*byte)) == 0;
        let found = if is_plain(&carry, marks.quotes) {
            let ends = marks.delimiters | marks.line_ends;
            carry.pass_plain(ends);
            Found { ends, line_ends: marks.line_ends, odd: 64 }
        } else {
            carry.judge(marks, running_parity(marks.quotes), valid)
        };
        push(index, at as u32, found.ends, found.line_ends);
        if found.odd < 64 {
            index.is_stopped = true;
            return;
        }
        at += 64;
    }
}

pub fn count(walk: &mut Walk, blocks: &[[u8; 64]]) {
    for block in blocks {
        let marks = marks_of(block, &walk.dialect, u64::MAX);
        if !walk.block(block, marks, || running_parity(marks.quotes)) {
            return;
        }
    }
}

#[inline]
fn marks_of(block: &[u8; 64], dialect: &Dialect, valid: u64) -> Marks {
    let delimiter = dialect.delimiter;
    Marks {
        quotes: dialect.quote.map_or(0, |quote| bits(block, |byte| byte == quote) & valid),
        delimiters: bits(block, |byte| byte == delimiter) & valid,
        line_ends: bits(block, |byte| (byte == b'\n') | (byte == b'\r')) & valid,
    }
}

/// A bit for each byte of which something holds.
#[inline(always)]
fn bits(block: &[u8; 64], holds: impl Fn(u8) -> bool) -> u64 {
    let held = block.map(|byte| u8::from(holds(byte)));
    let (words, _) = held.as_chunks::<8>();
    let gather = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56;
    words.iter().enumerate().fold(0, |bits, (at, word)| bits | gather(word) << (at * 8))
}

/// Each bit is the parity of the bits up to and with it.
fn running_parity(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].into_iter().fold(bits, |bits, shift| bits ^ bits << shift)
}

fn push(index: &mut Index, base: u32, ends: u64, line_ends: u64) {
    let first = index.ends.len() as u32;
    let mut bits = line_ends;
    while bits != 0 {
        let before = (1u64 << bits.trailing_zeros()) - 1;
        index.lines.push(first + (ends & before).count_ones());
        bits &= bits - 1;
    }
    let mut bits = ends;
    while bits != 0 {
        index.ends.push(base + bits.trailing_zeros());
        bits &= bits - 1;
    }
}
