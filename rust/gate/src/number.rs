//! Integers, doubles, decimals and truth values from text. Nothing is rounded but a double's last bit.

use crate::Misfit;

/// Powers of ten that a double holds exactly (10^22 is the last).
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
/// Zeros that may be added to a decimal before it is too large for every type.
const MAX_ZEROS: i64 = 100;

/// Without ASCII white space at both ends; other white space is content.
#[inline]
pub fn trim(text: &[u8]) -> &[u8] {
    match (text.first(), text.last()) {
        (Some(first), Some(last)) if *first > b' ' && *last > b' ' => text,
        _ => trim_slowly(text),
    }
}

#[cold]
fn trim_slowly(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b' ');
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_space(byte)).map_or(start, |at| at + 1);
    &text[start..end]
}

/// `[+-]?\d+` within 64 bits.
pub fn parse_integer(text: &[u8]) -> Result<i64, Misfit> {
    let text = trim(text);
    let (negative, digits) = split_sign(text);
    if digits.is_empty() || digits.len() > 18 {
        return parse_long_integer(negative, digits);
    }
    let mut value = 0u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(Misfit::Syntax);
        }
        value = value * 10 + u64::from(digit);
    }
    Ok(if negative { -(value as i64) } else { value as i64 })
}

#[cold]
fn parse_long_integer(negative: bool, digits: &[u8]) -> Result<i64, Misfit> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Misfit::Syntax);
    }
    let mut value = 0i64;
    for &byte in digits {
        let digit = i64::from(byte - b'0');
        let grown = value.checked_mul(10);
        let next = grown.and_then(|v| if negative { v.checked_sub(digit) } else { v.checked_add(digit) });
        value = next.ok_or(Misfit::Range)?;
    }
    Ok(value)
}

/// What `Number(text)` gives, and the words for what is not finite.
pub fn parse_double(text: &[u8]) -> Result<f64, Misfit> {
    let text = trim(text);
    let (negative, rest) = split_sign(text);
    let Some(parts) = Scan::of(rest) else {
        return parse_word(negative, rest);
    };
    if parts.digits <= 19 && parts.mantissa < 1 << 53 {
        let power = i64::from(parts.exponent) - parts.fraction as i64;
        // Both factors are exact and one operation rounds once: the nearest double (Clinger 1990).
        let exact = match power {
            0 => Some(parts.mantissa as f64),
            -22..=-1 => Some(parts.mantissa as f64 / EXACT_POWERS[-power as usize]),
            1..=22 => Some(parts.mantissa as f64 * EXACT_POWERS[power as usize]),
            _ => None,
        };
        if let Some(value) = exact {
            return Ok(if negative { -value } else { value });
        }
    }
    // The scan has seen ASCII alone, in a form that the standard library takes and rounds correctly.
    let value: f64 = std::str::from_utf8(rest).ok().and_then(|ascii| ascii.parse().ok()).ok_or(Misfit::Syntax)?;
    match value.is_finite() {
        true => Ok(if negative { -value } else { value }),
        false => Err(Misfit::Range),
    }
}

/// The parts of an unsigned number in decimal notation.
struct Scan {
    /// Of at most 19 digits; meaningless beyond.
    mantissa: u64,
    digits: usize,
    fraction: usize,
    /// Clamped; a number with a larger one takes the slow path.
    exponent: i32,
}

impl Scan {
    /// `None` when the text is not `\d+\.?\d*|\.\d+` with an optional exponent.
    #[inline]
    fn of(text: &[u8]) -> Option<Self> {
        let mut scan = Self { mantissa: 0, digits: 0, fraction: 0, exponent: 0 };
        let mut at = scan.take_digits(text, 0);
        if text.get(at) == Some(&b'.') {
            let whole = scan.digits;
            at = scan.take_digits(text, at + 1);
            scan.fraction = scan.digits - whole;
        }
        if scan.digits == 0 {
            return None;
        }
        if at < text.len() {
            if text[at] | 0x20 != b'e' {
                return None;
            }
            scan.exponent = parse_exponent(&text[at + 1..], usize::MAX)?;
        }
        Some(scan)
    }

    #[inline]
    fn take_digits(&mut self, text: &[u8], mut at: usize) -> usize {
        while let Some(&byte) = text.get(at) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            self.mantissa = self.mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.digits += 1;
            at += 1;
        }
        at
    }
}

/// `[+-]?\d{1,most}`, clamped to what still makes a difference.
fn parse_exponent(text: &[u8], most: usize) -> Option<i32> {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() || digits.len() > most || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0i32, |value, byte| (value * 10 + i32::from(byte - b'0')).min(99_999));
    Some(if negative { -value } else { value })
}

fn parse_word(negative: bool, text: &[u8]) -> Result<f64, Misfit> {
    if text.eq_ignore_ascii_case(b"nan") {
        return Ok(f64::NAN);
    }
    if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        return Ok(if negative { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    Err(Misfit::Syntax)
}

/// true, t, yes, y, on, 1 and their opposites, in any case.
pub fn parse_boolean(text: &[u8]) -> Result<bool, Misfit> {
    let text = trim(text);
    let is = |word: &[u8]| text.eq_ignore_ascii_case(word);
    match text.len() {
        1 => match text[0] | 0x20 {
            b't' | b'y' => Ok(true),
            b'f' | b'n' => Ok(false),
            _ if text[0] == b'1' => Ok(true),
            _ if text[0] == b'0' => Ok(false),
            _ => Err(Misfit::Syntax),
        },
        2 if is(b"on") => Ok(true),
        2 if is(b"no") => Ok(false),
        3 if is(b"yes") => Ok(true),
        3 if is(b"off") => Ok(false),
        4 if is(b"true") => Ok(true),
        5 if is(b"false") => Ok(false),
        _ => Err(Misfit::Syntax),
    }
}

/// The unscaled value at `scale`. A digit that does not fit is refused, never rounded.
pub fn parse_decimal(text: &[u8], precision: u8, scale: u8) -> Result<i128, Misfit> {
    let text = trim(text);
    let (negative, rest) = split_sign(text);
    let mut value = 0u64;
    let mut fraction = None;
    // 18 digits and a point: no step can overflow, and a plain price is done in one pass.
    if rest.len() <= 19 {
        for (at, &byte) in rest.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            } else if byte == b'.' && fraction.is_none() {
                fraction = Some(rest.len() - at - 1);
            } else {
                return parse_any_decimal(negative, rest, precision, scale);
            }
        }
        let digits = rest.len() - usize::from(fraction.is_some());
        let fraction = fraction.unwrap_or(0);
        if (1..=18).contains(&digits) && fraction <= usize::from(scale) && usize::from(scale) - fraction <= 18 {
            let unscaled = i128::from(value) * i128::from(10u64.pow((usize::from(scale) - fraction) as u32));
            if unscaled >= 10i128.pow(u32::from(precision)) {
                return Err(Misfit::Range);
            }
            return Ok(if negative { -unscaled } else { unscaled });
        }
    }
    parse_any_decimal(negative, rest, precision, scale)
}

#[cold]
fn parse_any_decimal(negative: bool, text: &[u8], precision: u8, scale: u8) -> Result<i128, Misfit> {
    let (number, exponent) = match text.iter().position(|byte| byte | 0x20 == b'e') {
        None => (text, 0),
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..], 4).ok_or(Misfit::Syntax)?),
    };
    let (whole, fraction) = match number.iter().position(|&byte| byte == b'.') {
        None => (number, &[][..]),
        Some(at) => (&number[..at], &number[at + 1..]),
    };
    let mut digits = [whole, fraction].concat();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Misfit::Syntax);
    }
    let Some(first) = digits.iter().position(|&byte| byte != b'0') else {
        return Ok(0);
    };
    digits.drain(..first);
    let shift = i64::from(scale) - fraction.len() as i64 + i64::from(exponent);
    if shift >= 0 {
        digits.resize(digits.len() + shift.min(MAX_ZEROS) as usize, b'0');
    } else {
        let kept = digits.len().saturating_sub(shift.unsigned_abs() as usize);
        if digits[kept..].iter().any(|&byte| byte != b'0') {
            return Err(Misfit::Scale);
        }
        digits.truncate(kept);
    }
    if digits.len() > usize::from(precision) {
        return Err(Misfit::Range);
    }
    let value = digits.iter().fold(0i128, |value, byte| value * 10 + i128::from(byte - b'0'));
    Ok(if negative { -value } else { value })
}

#[inline]
fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text.first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}
