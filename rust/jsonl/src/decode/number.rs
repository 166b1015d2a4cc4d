//! Numbers as `parseJson` of `lib/contract/json.ts` understands them: exact, whatever their length.

use dativo_gate::js_number;

/// Digits and points in a row that a double need not hold.
const LONG: usize = 16;
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;
/// An integer of more characters stays text.
const MAX_INTEGER_DIGITS: usize = 1000;

/// What a number is to the host.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// Every digit of an integer.
    Integer,
    /// A double, which stands for the number as it is written.
    Double(f64),
    /// What no double holds: its text.
    Text,
}

impl Number {
    pub fn of(token: &[u8]) -> Self {
        if !token.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
            return Self::Integer;
        }
        let text = std::str::from_utf8(token).unwrap_or_default();
        let value: f64 = text.parse().unwrap_or(f64::NAN);
        let is_exact = !is_long(token) || (value.is_finite() && digits_of(&js_number(value)) == digits_of(text));
        if is_exact { Self::Double(value) } else { Self::Text }
    }
}

/// Whether the host looks at the digits of a number, since a double may not hold them.
fn is_long(token: &[u8]) -> bool {
    let mut parts = token.split(|byte| matches!(byte, b'e' | b'E'));
    let digits = |part: &[u8]| part.iter().filter(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let mantissa = parts.next().map_or(0, digits);
    mantissa >= LONG || parts.next().map_or(0, digits) >= 3
}

/// The significant digits and the decimal exponent, so that 1.50 and 15e-1 compare equal.
fn digits_of(text: &str) -> (String, i64) {
    let lower = text.trim_start_matches('-').to_ascii_lowercase();
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return ("0".into(), 0);
    }
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    // An exponent beyond this range leaves no double that is neither zero nor infinite.
    let exponent = exponent.parse::<i64>().unwrap_or(i64::MAX / 2);
    (significant.to_owned(), exponent - fraction.len() as i64 + zeros as i64)
}

/// The text of a double as a cell shows it: `String(value)`, but for the sign of zero.
pub fn double_text(value: f64) -> String {
    if value == 0.0 && value.is_sign_negative() { "-0".into() } else { js_number(value) }
}

/// Appends a number as `stringifyJson` writes it.
pub fn write_number(token: &[u8], out: &mut Vec<u8>) {
    match Number::of(token) {
        Number::Integer | Number::Text => out.extend_from_slice(token),
        // With an exponent it is read as a double again, and not as an integer of other digits.
        Number::Double(value) if value.fract() == 0.0 && value.abs() > MAX_SAFE => {
            out.extend_from_slice(exponential(value).as_bytes());
        }
        Number::Double(value) => out.extend_from_slice(double_text(value).as_bytes()),
    }
}

/// `value.toExponential()`
fn exponential(value: f64) -> String {
    let text = format!("{value:e}");
    text.replacen('e', "e+", 1)
}

/// Whether an integer is one of a double: exactly, or by the shortest digits that JavaScript prints of it.
pub fn is_double(token: &[u8]) -> bool {
    let text = std::str::from_utf8(token).unwrap_or_default();
    let value: f64 = text.parse().unwrap_or(f64::NAN);
    value.abs() <= MAX_SAFE || (value.is_finite() && (format!("{value:.0}") == text || js_number(value) == text))
}

/// Whether an integer is so long that the host keeps its text.
pub fn stays_text(token: &[u8]) -> bool {
    token.len() > MAX_INTEGER_DIGITS
}

/// The integer that a double is, if it is one that no neighbour shares.
pub fn safe_integer(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() <= MAX_SAFE).then_some(value as i64)
}

#[cfg(test)]
mod tests {
    use super::write_number;

    #[test]
    fn numbers_are_written_as_javascript_writes_what_it_has_read() {
        let cases = [
            ("0", "0"),
            ("-0", "-0"),
            ("-0.0", "-0"),
            ("1.50", "1.5"),
            ("1e3", "1000"),
            ("1E-7", "1e-7"),
            ("0.0000001", "1e-7"),
            ("1e20", "1e+20"),
            ("-12.5e40", "-1.25e+41"),
            ("1e99", "1e+99"),
            ("1e400", "1e400"),
            ("1e-400", "1e-400"),
            ("9007199254740993", "9007199254740993"),
            ("0.1234567890123456789", "0.1234567890123456789"),
            ("0.10000000000000000000", "0.1"),
            ("123456789.12345678", "123456789.12345678"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ];
        for (token, text) in cases {
            let mut out = Vec::new();
            write_number(token.as_bytes(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text, "{token}");
        }
    }
}
