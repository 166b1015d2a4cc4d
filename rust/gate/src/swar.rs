//! Digits eight at a time, as bytes of one word ("SIMD within a register"). The first byte of a text is the lowest.
//!
//! Lengths of numbers are hard to foretell, so a loop over digits is foretold wrongly about once a number, which costs
//! more than all of its arithmetic.

const ZEROS: u64 = every(b'0');
const HIGHEST_BITS: u64 = every(0x80);

/// A word of one byte eight times.
pub const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Eight bytes of a text from `at` on.
#[inline(always)]
pub fn load<const N: usize>(window: &[u8; N], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&window[at..at + 8]);
    u64::from_le_bytes(word)
}

/// The first `count` bytes (1 to 8) of a word as values of digits, behind as many zeros as there is room for.
#[inline(always)]
pub fn digits(word: u64, count: usize) -> u64 {
    (word ^ ZEROS) << (((8 - count) * 8) & 63)
}

/// Whether each byte is the value of a digit.
#[inline(always)]
pub fn are_digits(digits: u64) -> bool {
    are_at_most_nine(digits) == 0
}

/// Zero when each byte is 9 at most. Of several words the results can be joined by `|`.
#[inline(always)]
pub fn are_at_most_nine(digits: u64) -> u64 {
    // A byte beyond 9 has its highest bit, or gets it; one that has it may carry into the next, which is judged then.
    (digits.wrapping_add(every(0x7f - 9)) | digits) & HIGHEST_BITS
}

/// The number that eight values of digits are: neighbours are joined three times.
#[inline(always)]
pub fn number(digits: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = self::pairs(digits);
    let high = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let low = (pairs >> 16 & PAIRS).wrapping_mul(1 + (10_000 << 32));
    high.wrapping_add(low) >> 32
}

/// In each byte the number that its digit and the next one make.
#[inline(always)]
pub fn pairs(digits: u64) -> u64 {
    digits.wrapping_mul(10).wrapping_add(digits >> 8)
}
