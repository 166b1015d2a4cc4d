//! Marks of a block by AVX2, quotes by carry-less multiplication.

use super::{Carry, Found, Index, Marks, is_plain};
use crate::counter::Walk;
use crate::options::Dialect;
use std::arch::x86_64::{
    __m256i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi8, _mm256_cmpeq_epi8,
    _mm256_loadu_si256, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
};

/// # Safety
/// The machine must have the features named below.
#[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt")]
pub unsafe fn run(index: &mut Index, bytes: &[u8], start: usize, dialect: &Dialect) {
    let needles = Needles::of(dialect);
    let mut carry = Carry::at_record_start();
    let (mut highs, mut lows) = (_mm256_setzero_si256(), _mm256_set1_epi8(-1));
    let mut at = start;
    let mut tail = [b' '; 64];
    while at < bytes.len() {
        let count = bytes.len() - at;
        let (block, valid) = if count >= 64 {
            (&bytes[at..at + 64], u64::MAX)
        } else {
            tail[..count].copy_from_slice(&bytes[at..]);
            (&tail[..], (1u64 << count) - 1)
        };
        // SAFETY: both halves of the block lie in its 64 bytes; the loads need no alignment.
        let (low, high) =
            unsafe { (_mm256_loadu_si256(block.as_ptr().cast()), _mm256_loadu_si256(block.as_ptr().add(32).cast())) };
        highs = _mm256_or_si256(highs, _mm256_or_si256(low, high));
        lows = _mm256_min_epu8(lows, _mm256_min_epu8(low, high));
        let marks = needles.marks(low, high, valid);
        let found = if is_plain(&carry, marks.quotes) {
            let ends = marks.delimiters | marks.line_ends;
            carry.pass_plain(ends);
            Found { ends, line_ends: marks.line_ends, odd: 64 }
        } else {
            carry.judge(marks, running_parity(marks.quotes), valid)
        };
        push(index, at as u32, found);
        if found.odd < 64 {
            index.is_stopped = true;
            break;
        }
        at += 64;
    }
    index.has_high = _mm256_movemask_epi8(highs) != 0;
    index.has_nul = _mm256_movemask_epi8(_mm256_cmpeq_epi8(lows, _mm256_setzero_si256())) != 0;
}

/// # Safety
/// As for [`run`].
#[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt")]
pub unsafe fn count(walk: &mut Walk, blocks: &[[u8; 64]]) {
    let needles = Needles::of(&walk.dialect);
    for block in blocks {
        // SAFETY: both halves of the block lie in its 64 bytes; the loads need no alignment.
        let (low, high) =
            unsafe { (_mm256_loadu_si256(block.as_ptr().cast()), _mm256_loadu_si256(block.as_ptr().add(32).cast())) };
        let marks = needles.marks(low, high, u64::MAX);
        if !walk.block(block, marks, || running_parity(marks.quotes)) {
            return;
        }
    }
}

struct Needles {
    delimiter: __m256i,
    quote: __m256i,
    line_feed: __m256i,
    carriage_return: __m256i,
    /// Zero when there is no quote character.
    quote_mask: u64,
}

impl Needles {
    #[target_feature(enable = "avx2")]
    fn of(dialect: &Dialect) -> Self {
        Self {
            delimiter: _mm256_set1_epi8(dialect.delimiter as i8),
            quote: _mm256_set1_epi8(dialect.quote.unwrap_or(0) as i8),
            line_feed: _mm256_set1_epi8(b'\n' as i8),
            carriage_return: _mm256_set1_epi8(b'\r' as i8),
            quote_mask: if dialect.quote.is_some() { u64::MAX } else { 0 },
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn marks(&self, low: __m256i, high: __m256i, valid: u64) -> Marks {
        let line_end = |half| {
            _mm256_or_si256(_mm256_cmpeq_epi8(half, self.line_feed), _mm256_cmpeq_epi8(half, self.carriage_return))
        };
        Marks {
            quotes: bits(_mm256_cmpeq_epi8(low, self.quote), _mm256_cmpeq_epi8(high, self.quote))
                & valid
                & self.quote_mask,
            delimiters: bits(_mm256_cmpeq_epi8(low, self.delimiter), _mm256_cmpeq_epi8(high, self.delimiter)) & valid,
            line_ends: bits(line_end(low), line_end(high)) & valid,
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn bits(low: __m256i, high: __m256i) -> u64 {
    u64::from(_mm256_movemask_epi8(low) as u32) | u64::from(_mm256_movemask_epi8(high) as u32) << 32
}

/// Each bit is the parity of the bits up to and with it: a product without carries by all ones.
#[inline]
#[target_feature(enable = "pclmulqdq")]
fn running_parity(quotes: u64) -> u64 {
    let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, quotes as i64), _mm_set1_epi8(-1));
    _mm_cvtsi128_si64(product) as u64
}

/// Lists the ends of a block, eight at a time: how many there are is hard to foretell, and a branch per end would be
/// foretold wrongly about once a block.
#[inline]
#[target_feature(enable = "bmi1,bmi2,popcnt")]
fn push(index: &mut Index, base: u32, found: Found) {
    let first = index.ends.len();
    let mut lines = found.line_ends;
    while lines != 0 {
        let before = (1u64 << lines.trailing_zeros()) - 1;
        index.lines.push(first as u32 + (found.ends & before).count_ones());
        lines &= lines - 1;
    }
    let count = found.ends.count_ones() as usize;
    index.ends.reserve(64);
    let mut bits = found.ends;
    // SAFETY: 64 places are reserved, and no more than the 64 bits of the block, rounded up to eights, are written.
    // What is written beyond `count` is left outside the length.
    unsafe {
        let out = index.ends.as_mut_ptr().add(first);
        let mut at = 0;
        while at < count {
            for lane in 0..8 {
                out.add(at + lane).write(base.wrapping_add(bits.trailing_zeros()));
                bits &= bits.wrapping_sub(1);
            }
            at += 8;
        }
        index.ends.set_len(first + count);
    }
}
