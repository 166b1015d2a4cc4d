//! Values as rows and text formats spell them, appended to bytes: numbers as JavaScript prints them, dates and times in
//! ISO 8601. The one place for it, and on the way of every cell that is written.

use crate::temporal::{MICROS_PER_DAY, civil_from_days};
use std::io::Write;

/// `00` to `99`, one after the other.
const PAIRS: [u8; 200] = pairs();

const fn pairs() -> [u8; 200] {
    let mut pairs = [0; 200];
    let mut number = 0;
    while number < 100 {
        pairs[2 * number] = b'0' + number as u8 / 10;
        pairs[2 * number + 1] = b'0' + number as u8 % 10;
        number += 1;
    }
    pairs
}

/// Writes a number below 100 as two digits.
#[inline(always)]
fn put_pair(text: &mut [u8], at: usize, number: u32) {
    let from = 2 * (number as usize % 100);
    text[at..at + 2].copy_from_slice(&PAIRS[from..from + 2]);
}

#[inline]
pub fn push_integer(text: &mut Vec<u8>, value: i64) {
    text.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// What `String(value)` gives in JavaScript: the shortest digits that are read back as the same double.
pub fn push_double(text: &mut Vec<u8>, value: f64) {
    text.extend_from_slice(ryu_js::Buffer::new().format(value).as_bytes());
}

/// `2024-05-01`, of days since 1970.
#[inline]
pub fn push_date(text: &mut Vec<u8>, days: i32) {
    let (year, month, day) = civil_from_days(days);
    if !(0..=9999).contains(&year) {
        let _ = write!(text, "{year:04}-{month:02}-{day:02}");
        return;
    }
    let mut date = *b"0000-00-00";
    put_pair(&mut date, 0, year as u32 / 100);
    put_pair(&mut date, 2, year as u32 % 100);
    put_pair(&mut date, 5, month);
    put_pair(&mut date, 8, day);
    text.extend_from_slice(&date);
}

/// `23:59:59.000000`, of microseconds since midnight.
#[inline]
pub fn push_time(text: &mut Vec<u8>, micros: i64) {
    let (seconds, micros) = ((micros / 1_000_000) as u32, (micros % 1_000_000) as u32);
    let mut time = *b"00:00:00.000000";
    put_pair(&mut time, 0, seconds / 3600);
    put_pair(&mut time, 3, seconds / 60 % 60);
    put_pair(&mut time, 6, seconds % 60);
    put_pair(&mut time, 9, micros / 10_000);
    put_pair(&mut time, 11, micros / 100 % 100);
    put_pair(&mut time, 13, micros % 100);
    text.extend_from_slice(&time);
}

/// `2024-05-01T23:59:59.000000`, and a `Z` where there is a zone; of microseconds since 1970.
#[inline]
pub fn push_timestamp(text: &mut Vec<u8>, micros: i64, is_zoned: bool) {
    push_date(text, micros.div_euclid(MICROS_PER_DAY) as i32);
    text.push(b'T');
    push_time(text, micros.rem_euclid(MICROS_PER_DAY));
    if is_zoned {
        text.push(b'Z');
    }
}

/// Every digit of a decimal, with so many behind the point.
pub fn push_decimal(text: &mut Vec<u8>, unscaled: i128, scale: usize) {
    const ZEROS: [u8; 40] = [b'0'; 40];
    if unscaled < 0 {
        text.push(b'-');
    }
    let magnitude = unscaled.unsigned_abs();
    let (mut short, mut long) = (itoa::Buffer::new(), itoa::Buffer::new());
    let digits = match u64::try_from(magnitude) {
        Ok(magnitude) => short.format(magnitude),
        Err(_) => long.format(magnitude),
    };
    let missing = (scale + 1).saturating_sub(digits.len()).min(ZEROS.len());
    let point = (digits.len() + missing).saturating_sub(scale);
    // Zeros stand in front until there is a digit before the point.
    let (whole, fraction) = digits.as_bytes().split_at(point.saturating_sub(missing));
    text.extend_from_slice(&ZEROS[..missing.min(point)]);
    text.extend_from_slice(whole);
    if scale > 0 {
        text.push(b'.');
        text.extend_from_slice(&ZEROS[..missing.saturating_sub(point)]);
        text.extend_from_slice(fraction);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(push: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut text = Vec::new();
        push(&mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn decimals_have_every_digit() {
        let cases: [(i128, usize, &str); 9] = [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 1, "-0.5"),
            (-12345, 2, "-123.45"),
            (7, 0, "7"),
            (i128::MAX, 38, "1.70141183460469231731687303715884105727"),
            (1, 38, "0.00000000000000000000000000000000000001"),
            (-99_999_999_999_999_999_999, 20, "-0.99999999999999999999"),
        ];
        for (unscaled, scale, text) in cases {
            assert_eq!(spelled(|out| push_decimal(out, unscaled, scale)), text);
        }
    }

    #[test]
    fn times_reach_from_the_first_to_the_last_year() {
        assert_eq!(spelled(|out| push_timestamp(out, -62_135_596_800_000_000, true)), "0001-01-01T00:00:00.000000Z");
        assert_eq!(spelled(|out| push_timestamp(out, 253_402_300_799_999_999, false)), "9999-12-31T23:59:59.999999");
        assert_eq!(spelled(|out| push_timestamp(out, -1, false)), "1969-12-31T23:59:59.999999");
        assert_eq!(spelled(|out| push_date(out, 2_932_897)), "10000-01-01");
    }
}
