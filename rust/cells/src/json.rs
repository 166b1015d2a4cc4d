use crate::base64::push_base64;
use crate::json_text::push_compact;
use crate::special;
use crate::{Column, Unfit, Values};
use dativo_gate::spell;

/// The choices of `lib/formats/text/json-writer.ts`.
#[derive(Clone, Copy, Debug)]
pub struct JsonStyle {
    pub decimals_as_text: bool,
    pub non_finite: NonFinite,
}

/// What becomes of NaN and the infinities, which JSON has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonFinite {
    Error,
    Null,
    Text,
}

/// Integers from here on have neighbours that are the same double.
const UNSAFE: f64 = 9_007_199_254_740_992.0;

impl Column<'_> {
    /// Appends a cell as JSON text.
    #[inline]
    pub fn push_json(&mut self, row: usize, style: JsonStyle, text: &mut Vec<u8>) -> Result<(), Unfit> {
        if self.is_null(row) {
            text.extend_from_slice(b"null");
            return Ok(());
        }
        match &mut self.values {
            Values::Text(texts) => {
                let (value, special) = texts.sweep(row, is_escaped);
                push_quoted(text, value, special);
            }
            Values::Json { texts, .. } => push_compact(text, texts.get(row))?,
            Values::Integer(values) => spell::push_integer(text, values[row]),
            Values::Double(values) => push_double(text, values[row], style.non_finite)?,
            Values::Decimal { values, scale } if style.decimals_as_text => {
                in_quotes(text, |text| spell::push_decimal(text, values[row], *scale));
            }
            Values::Decimal { values, scale } => spell::push_decimal(text, values[row], *scale),
            Values::Boolean(values) => text.extend_from_slice(if values.value(row) { b"true" } else { b"false" }),
            Values::Date(days) => in_quotes(text, |text| spell::push_date(text, days[row])),
            Values::Time(micros) => in_quotes(text, |text| spell::push_time(text, micros[row])),
            Values::Timestamp { values, is_zoned } => {
                in_quotes(text, |text| spell::push_timestamp(text, values[row], *is_zoned));
            }
            Values::Binary(bytes) => in_quotes(text, |text| push_base64(text, bytes.get(row))),
            Values::List { offsets, items } => {
                push_list(text, items, offsets[row] as usize..offsets[row + 1] as usize, style)?;
            }
            Values::Struct(members) => push_object(text, members, row, style)?,
        }
        Ok(())
    }
}

fn push_list(
    text: &mut Vec<u8>,
    items: &mut Column,
    range: std::ops::Range<usize>,
    style: JsonStyle,
) -> Result<(), Unfit> {
    text.push(b'[');
    for item in range.clone() {
        if item > range.start {
            text.push(b',');
        }
        items.push_json(item, style, text)?;
    }
    text.push(b']');
    Ok(())
}

fn push_object(
    text: &mut Vec<u8>,
    members: &mut [(Vec<u8>, Column)],
    row: usize,
    style: JsonStyle,
) -> Result<(), Unfit> {
    text.push(b'{');
    for (index, (key, member)) in members.iter_mut().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        text.extend_from_slice(key);
        member.push_json(row, style, text)?;
    }
    text.push(b'}');
    Ok(())
}

fn in_quotes(text: &mut Vec<u8>, push: impl FnOnce(&mut Vec<u8>)) {
    text.push(b'"');
    push(text);
    text.push(b'"');
}

fn push_double(text: &mut Vec<u8>, value: f64, non_finite: NonFinite) -> Result<(), Unfit> {
    if value.abs() < UNSAFE && value.trunc() == value {
        if value == 0.0 && value.is_sign_negative() {
            text.push(b'-');
        }
        spell::push_integer(text, value as i64);
    } else if value.is_finite() {
        let start = text.len();
        spell::push_double(text, value);
        // All digits of a whole number this large would be read back as an integer, and most are other numbers.
        if value.trunc() == value && !text[start..].contains(&b'e') {
            to_exponential(text, start);
        }
    } else {
        match non_finite {
            NonFinite::Null => text.extend_from_slice(b"null"),
            NonFinite::Text => in_quotes(text, |text| spell::push_double(text, value)),
            NonFinite::Error => {
                let mut shown = Vec::new();
                spell::push_double(&mut shown, value);
                return Err(Unfit(format!(
                    "is {}, which JSON has not; set non_finite to \"null\" or \"string\" to write it",
                    String::from_utf8_lossy(&shown)
                )));
            }
        }
    }
    Ok(())
}

/// `-12300` as `-1.23e+4`, of the digits from `start` on.
fn to_exponential(text: &mut Vec<u8>, start: usize) {
    let first = start + usize::from(text[start] == b'-');
    let exponent = text.len() - first - 1;
    let last = text.iter().rposition(|&digit| digit != b'0').unwrap_or(first);
    text.truncate(last + 1);
    if last > first {
        text.insert(first + 1, b'.');
    }
    text.extend_from_slice(b"e+");
    spell::push_integer(text, exponent as i64);
}

/// Whether a byte stands otherwise in a JSON string than in the text.
#[inline(always)]
fn is_escaped(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

/// The text of a key, with its colon.
pub(crate) fn json_key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 3);
    push_json_string(&mut key, name.as_bytes());
    key.push(b':');
    key
}

/// Appends what `JSON.stringify` makes of a text.
pub fn push_json_string(text: &mut Vec<u8>, value: &[u8]) {
    push_quoted(text, value, special::find(value, 0, is_escaped));
}

/// A text whose first byte that is to be escaped stands at `special`.
#[inline]
fn push_quoted(text: &mut Vec<u8>, value: &[u8], special: usize) {
    text.push(b'"');
    if special == value.len() {
        text.extend_from_slice(value);
    } else {
        push_escaped(text, value, special);
    }
    text.push(b'"');
}

fn push_escaped(text: &mut Vec<u8>, value: &[u8], special: usize) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let (mut done, mut at) = (0, special);
    while at < value.len() {
        text.extend_from_slice(&value[done..at]);
        let byte = value[at];
        match byte {
            b'"' => text.extend_from_slice(b"\\\""),
            b'\\' => text.extend_from_slice(b"\\\\"),
            b'\n' => text.extend_from_slice(b"\\n"),
            b'\r' => text.extend_from_slice(b"\\r"),
            b'\t' => text.extend_from_slice(b"\\t"),
            0x08 => text.extend_from_slice(b"\\b"),
            0x0c => text.extend_from_slice(b"\\f"),
            _ => text.extend_from_slice(&[
                b'\\',
                b'u',
                b'0',
                b'0',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]),
        }
        done = at + 1;
        at = special::find(value, done, is_escaped);
    }
    text.extend_from_slice(&value[done..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_read_back_as_doubles() {
        let cases = [
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (9_007_199_254_740_992.0, "9.007199254740992e+15"),
            (-1e16, "-1e+16"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
        ];
        for (value, expected) in cases {
            let mut text = Vec::new();
            push_double(&mut text, value, NonFinite::Error).unwrap();
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }

    #[test]
    fn strings_are_escaped_as_in_javascript() {
        let mut text = Vec::new();
        push_json_string(&mut text, "a\"b\\c\n\r\t\u{8}\u{c}\u{0}\u{1f}\u{7f}é\u{2028}🦀".as_bytes());
        let expected = "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0000\\u001f\u{7f}é\u{2028}🦀\"";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
