//! Dates, times and timestamps, exact over the years 0001 to 9999. What is finer than a microsecond is refused.

use crate::Misfit;
use crate::number::trim;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;
pub const MICROS_PER_DAY: i64 = 86_400_000_000;
const FIRST_DAY: i64 = days_from_civil(1, 1, 1) as i64;
const LAST_DAY: i64 = days_from_civil(9999, 12, 31) as i64;

/// Days since 1970-01-01 of a date, or of a timestamp at midnight.
#[inline]
pub fn parse_date(text: &[u8]) -> Result<i32, Misfit> {
    let text = trim(text);
    match date_of(text) {
        Err(Misfit::Syntax) => date_of_timestamp(text),
        decided => decided,
    }
}

#[cold]
fn date_of_timestamp(text: &[u8]) -> Result<i32, Misfit> {
    let micros = timestamp_of(text)?;
    match micros.rem_euclid(MICROS_PER_DAY) {
        0 => Ok(micros.div_euclid(MICROS_PER_DAY) as i32),
        _ => Err(Misfit::TimeOfDay),
    }
}

/// Microseconds since midnight of `HH:MM[:SS[.fraction]]`.
#[inline]
pub fn parse_time(text: &[u8]) -> Result<i64, Misfit> {
    match take_time(trim(text))? {
        (micros, []) => micros,
        _ => Err(Misfit::Syntax),
    }
}

/// Microseconds since 1970-01-01T00:00:00 of a date with an optional time and an optional offset. Text with an
/// offset is brought to UTC; text without one is taken as it stands.
#[inline]
pub fn parse_timestamp(text: &[u8]) -> Result<i64, Misfit> {
    timestamp_of(trim(text))
}

#[inline]
fn timestamp_of(text: &[u8]) -> Result<i64, Misfit> {
    let (date, rest) = text.split_at_checked(10).ok_or(Misfit::Syntax)?;
    // The form of the whole is judged before the calendar is asked.
    let days = match date_of(date) {
        Err(Misfit::Syntax) => return Err(Misfit::Syntax),
        decided => decided,
    };
    let (Some(b'T' | b't' | b' '), [_, clock @ ..]) = (rest.first(), rest) else {
        return if rest.is_empty() { days.map(|days| i64::from(days) * MICROS_PER_DAY) } else { Err(Misfit::Syntax) };
    };
    let (micros, zone) = take_time(clock)?;
    let offset = parse_zone(zone.strip_prefix(b" ").unwrap_or(zone))?;
    let (days, micros) = (i64::from(days?), micros?);
    let local = days * MICROS_PER_DAY + micros;
    match offset? {
        0 => Ok(local),
        minutes => {
            let utc = local - minutes * MICROS_PER_MINUTE;
            let day = utc.div_euclid(MICROS_PER_DAY);
            if (FIRST_DAY..=LAST_DAY).contains(&day) { Ok(utc) } else { Err(Misfit::Calendar) }
        }
    }
}

/// `YYYY-MM-DD` and nothing else.
#[inline(always)]
fn date_of(text: &[u8]) -> Result<i32, Misfit> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
        return Err(Misfit::Syntax);
    };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2];
    if digits.iter().fold(false, |bad, byte| bad | (byte.wrapping_sub(b'0') > 9)) {
        return Err(Misfit::Syntax);
    }
    let year = i32::from(two(y1, y2)) * 100 + i32::from(two(y3, y4));
    let (month, day) = (i32::from(two(m1, m2)), i32::from(two(d1, d2)));
    if year < 1 || !(1..=12).contains(&month) || day < 1 || (day > 28 && day > days_in_month(year, month)) {
        return Err(Misfit::Calendar);
    }
    Ok(days_from_civil(year, month, day))
}

/// The time at the start of a text, and what follows it. The outer result is about the form, the inner about the clock.
#[allow(clippy::type_complexity, reason = "a named type would hide that these are two questions")]
#[inline]
fn take_time(text: &[u8]) -> Result<(Result<i64, Misfit>, &[u8]), Misfit> {
    let [h1, h2, b':', m1, m2, rest @ ..] = text else {
        return Err(Misfit::Syntax);
    };
    let (hour, minute) = (pair(*h1, *h2)?, pair(*m1, *m2)?);
    let (second, fraction, rest) = match rest {
        [b':', s1, s2, b'.', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return Err(Misfit::Syntax);
            }
            (pair(*s1, *s2)?, &rest[..digits], &rest[digits..])
        }
        [b':', s1, s2, rest @ ..] => (pair(*s1, *s2)?, &[][..], rest),
        rest => (0, &[][..], rest),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return Ok((Err(Misfit::Calendar), rest));
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Ok((fraction_micros(fraction).map(|micros| seconds * MICROS_PER_SECOND + micros), rest))
}

#[inline]
fn fraction_micros(digits: &[u8]) -> Result<i64, Misfit> {
    if digits.iter().skip(6).any(|&byte| byte != b'0') {
        return Err(Misfit::Precision);
    }
    Ok((0..6).fold(0, |micros, at| micros * 10 + digits.get(at).map_or(0, |byte| i64::from(byte - b'0'))))
}

/// Minutes east of UTC: `Z`, `±HH`, `±HHMM`, `±HH:MM` or nothing.
#[inline]
fn parse_zone(text: &[u8]) -> Result<Result<i64, Misfit>, Misfit> {
    let (sign, hours, minutes) = match text {
        [] | [b'Z' | b'z'] => return Ok(Ok(0)),
        [sign, h1, h2] => (sign, pair(*h1, *h2)?, 0),
        [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => (sign, pair(*h1, *h2)?, pair(*m1, *m2)?),
        _ => return Err(Misfit::Syntax),
    };
    let minutes_east = i64::from(hours) * 60 + i64::from(minutes);
    let signed = match sign {
        b'+' => minutes_east,
        b'-' => -minutes_east,
        _ => return Err(Misfit::Syntax),
    };
    Ok(if hours > 23 || minutes > 59 { Err(Misfit::Calendar) } else { Ok(signed) })
}

#[inline]
fn pair(tens: u8, ones: u8) -> Result<u8, Misfit> {
    if tens.is_ascii_digit() && ones.is_ascii_digit() { Ok(two(tens, ones)) } else { Err(Misfit::Syntax) }
}

#[inline]
fn two(tens: u8, ones: u8) -> u8 {
    (tens & 15) * 10 + (ones & 15)
}

fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil; years from 1 on need no floor.
const fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let y = (if month <= 2 { year - 1 } else { year }) as u32;
    let era = y / 400;
    let year_of_era = y - era * 400;
    let shifted = (month + if month > 2 { -3 } else { 9 }) as u32;
    let day_of_year = (153 * shifted + 2) / 5 + day as u32 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era) as i32 - 719_468
}

/// The inverse, civil_from_days of the same paper: year, month, day.
pub fn civil_from_days(days: i32) -> (i32, i32, i32) {
    let z = i64::from(days) + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    ((year_of_era + era * 400 + i64::from(month <= 2)) as i32, month as i32, day as i32)
}
