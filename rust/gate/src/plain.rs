//! The usual spellings of values, a word at a time. `None` is no verdict: the parsers of [`crate::number`] and
//! [`crate::temporal`], which know all spellings, are then asked, and give what is given here where both do.

use crate::Text;
use crate::swar::{are_at_most_nine, are_digits, digits, every, load, number, pairs};
use crate::temporal::{MICROS_PER_DAY, days_from_civil};

/// Room for the longest timestamp, and for a word from any place in a number.
type Window = [u8; 32];

const POWERS: [u64; 19] = powers();
const MICROS_PER_SECOND: u64 = 1_000_000;

/// `-?\d{1,16}`
#[inline(always)]
pub fn integer(text: Text<'_>) -> Option<i64> {
    let window = text.window()?;
    let is_negative = window[0] == b'-';
    let start = usize::from(is_negative);
    let value = whole_number(window, start, text.len().wrapping_sub(start))? as i64;
    Some(if is_negative { -value } else { value })
}

/// `-?\d{1,16}|-?\d{1,8}\.\d{1,8}` below 2^53 without its point.
#[inline(always)]
pub fn double(text: Text<'_>) -> Option<f64> {
    let (is_negative, digits, fraction) = point_number(text)?;
    // Both factors are exact and one operation rounds once: the nearest double (Clinger 1990).
    let value = (digits < 1 << 53).then(|| digits as f64 / POWERS[fraction] as f64)?;
    Some(if is_negative { -value } else { value })
}

/// The same, as the unscaled value at `scale` if that is below `limit`.
#[inline(always)]
pub fn decimal(text: Text<'_>, scale: u8, limit: u128) -> Option<i128> {
    let (is_negative, digits, fraction) = point_number(text)?;
    let power = *POWERS.get(usize::from(scale).wrapping_sub(fraction))?;
    let value = u128::from(digits) * u128::from(power);
    let value = (value < limit).then_some(value as i128)?;
    Some(if is_negative { -value } else { value })
}

/// `true|false` in any case.
#[inline(always)]
pub fn boolean(text: Text<'_>) -> Option<bool> {
    const LOWER_CASE: u64 = every(0x20);
    let word = load::<8>(text.window()?, 0) | LOWER_CASE;
    let is_true = text.len() == 4 && word as u32 == u32::from_le_bytes(*b"true");
    let is_false = text.len() == 5 && word << 24 == u64::from_le_bytes(*b"\0\0\0false");
    (is_true | is_false).then_some(is_true)
}

/// `YYYY-MM-DD`
#[inline(always)]
pub fn date(text: Text<'_>) -> Option<i32> {
    if text.len() == 10 { calendar_day(text.window()?) } else { None }
}

/// `YYYY-MM-DD[T ]HH:MM:SS(\.\d{1,6})?Z?`
#[inline(always)]
pub fn timestamp(text: Text<'_>) -> Option<i64> {
    let window = text.window()?;
    let length = text.len();
    if !(19..=27).contains(&length) || !matches!(window[10], b'T' | b' ') {
        return None;
    }
    let end = length - usize::from(window[length - 1] == b'Z');
    let fraction = match end {
        19 => 0,
        21..=26 if window[19] == b'.' => {
            let count = end - 20;
            let digits = digits(load(window, 20), count);
            are_digits(digits).then(|| number(digits) * POWERS[6 - count])?
        }
        _ => return None,
    };
    let micros = second_of_day(window)? * MICROS_PER_SECOND + fraction;
    Some(i64::from(calendar_day(window)?) * MICROS_PER_DAY + micros as i64)
}

/// Sign, digits without the point, and how many of them stand behind it.
#[inline(always)]
fn point_number(text: Text<'_>) -> Option<(bool, u64, usize)> {
    let window = text.window()?;
    let is_negative = window[0] == b'-';
    let start = usize::from(is_negative);
    let count = text.len().wrapping_sub(start);
    let word = load(window, start);
    let whole = place_of(b'.', word);
    let fraction = count.wrapping_sub(whole + 1);
    let has_point = (1..=8).contains(&whole) && (1..=8).contains(&fraction) && window[start + whole] == b'.';
    if !has_point {
        return Some((is_negative, whole_number(window, start, count)?, 0));
    }
    let before = digits(word, whole);
    let behind = digits(load(window, start + whole + 1), fraction);
    if are_at_most_nine(before) | are_at_most_nine(behind) != 0 {
        return None;
    }
    Some((is_negative, number(before) * POWERS[fraction] + number(behind), fraction))
}

/// `\d{1,16}`
#[inline(always)]
fn whole_number(window: &Window, start: usize, count: usize) -> Option<u64> {
    let word = load(window, start);
    match count {
        1..=8 => {
            let digits = digits(word, count);
            are_digits(digits).then(|| number(digits))
        }
        9..=16 => {
            let (first, last) = (digits(word, 8), digits(load(window, start + 8), count - 8));
            let is_number = are_at_most_nine(first) | are_at_most_nine(last) == 0;
            is_number.then(|| number(first) * POWERS[count - 8] + number(last))
        }
        _ => None,
    }
}

/// The place of the first such byte in a word; 8 where there is none.
#[inline(always)]
fn place_of(byte: u8, word: u64) -> usize {
    let others = word ^ every(byte);
    let found = others.wrapping_sub(every(1)) & !others & every(0x80);
    found.trailing_zeros() as usize / 8
}

/// Days since 1970-01-01 of the date in the first ten bytes.
#[inline(always)]
fn calendar_day(window: &Window) -> Option<i32> {
    let years = digits(load(window, 0), 4) >> 32;
    let (rest, is_odd) = fields_of(load(window, 2), *b"00-00-00");
    if are_at_most_nine(years) | is_odd != 0 {
        return None;
    }
    let century = pairs(years) & 0xff;
    days_from_civil(century as u32 * 100 + (rest & 0xff) as u32, (rest >> 24 & 0xff) as u32, (rest >> 48) as u32)
}

/// Seconds since midnight of `HH:MM:SS` from the eleventh byte on.
#[inline(always)]
fn second_of_day(window: &Window) -> Option<u64> {
    let (pairs, is_odd) = fields_of(load(window, 11), *b"00:00:00");
    let (hour, minute, second) = (pairs & 0xff, pairs >> 24 & 0xff, pairs >> 48);
    let is_time = (is_odd == 0) & (hour < 24) & (minute < 60) & (second < 60);
    is_time.then(|| (hour * 60 + minute) * 60 + second)
}

/// Three numbers of two digits in bytes 0, 3 and 6, and zero for the second when the word is like the form: digits where it
/// has zeros, and else the same.
#[inline(always)]
fn fields_of(word: u64, form: [u8; 8]) -> (u64, u64) {
    // What brings a byte that is too large to its highest bit: beyond 9 for a digit, beyond 0 for a divider.
    const LIMITS: u64 = u64::from_le_bytes([0x76, 0x76, 0x7f, 0x76, 0x76, 0x7f, 0x76, 0x76]);
    let values = word ^ u64::from_le_bytes(form);
    let is_odd = (values.wrapping_add(LIMITS) | values) & every(0x80);
    (pairs(values) & 0x00ff_0000_ff00_00ff, is_odd)
}

const fn powers() -> [u64; 19] {
    let mut powers = [1; 19];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
}
