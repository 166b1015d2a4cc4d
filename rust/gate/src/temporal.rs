//! Dates, times and timestamps, exact over the years 0001 to 9999. What is finer than a microsecond is refused.

use crate::Misfit;
use crate::number::trim;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;
pub const MICROS_PER_DAY: i64 = 86_400_000_000;
const FIRST_DAY: i64 = -719_162;
const LAST_DAY: i64 = 2_932_896;

/// Days since 1970-01-01 of a date, or of a timestamp at midnight.
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
pub fn parse_time(text: &[u8]) -> Result<i64, Misfit> {
    match take_time(trim(text))? {
        (micros, []) => micros,
        _ => Err(Misfit::Syntax),
    }
}

/// Microseconds since 1970-01-01T00:00:00 of a date with an optional time and an optional offset. Text with an
/// offset is brought to UTC; text without one is taken as it stands.
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
    let year = u32::from(two(y1, y2)) * 100 + u32::from(two(y3, y4));
    days_from_civil(year, two(m1, m2).into(), two(d1, d2).into()).ok_or(Misfit::Calendar)
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

/// Days since 1970-01-01; `None` for what is on no calendar. Without a branch that depends on the date but that.
#[inline(always)]
pub fn days_from_civil(year: u32, month: u32, day: u32) -> Option<i32> {
    /// From the day before 0000-01-01, which had no leap day before it, to 1970-01-01.
    const EPOCH: i32 = 719_528;
    let (century, year_of_century) = (year / 100, year % 100);
    let is_leap = if year_of_century == 0 { century % 4 == 0 } else { year_of_century % 4 == 0 };
    let (before, length) = *MONTHS[usize::from(is_leap)].get(month as usize)?;
    if year == 0 || day.wrapping_sub(1) >= length.into() {
        return None;
    }
    let leap_days = year / 4 - century + century / 4;
    Some((year * 365 + leap_days + day) as i32 + i32::from(before) - EPOCH)
}

/// For each month, from 1, the days before it and its own, in a common and in a leap year. The leap day of a year is
/// counted with those of the years before it, so the days before a month are one less.
const MONTHS: [[(i16, u8); 13]; 2] = [months(false), months(true)];

const fn months(is_leap: bool) -> [(i16, u8); 13] {
    const LENGTHS: [u8; 13] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut months = [(0, 0); 13];
    let mut before = if is_leap { -1 } else { 0 };
    let mut month = 1;
    while month < months.len() {
        let length = LENGTHS[month] + (is_leap && month == 2) as u8;
        months[month] = (before, length);
        before += length as i16;
        month += 1;
    }
    months
}

/// The inverse: year, month, day. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
pub fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let z = i64::from(days) + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = (z - era * 146_097) as u32;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era as i32 * 400 + (year_of_era + u32::from(month <= 2)) as i32, month, day)
}
