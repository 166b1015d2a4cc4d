//! One field: whether it is quoted, and how.

use crate::EncodeOptions;
use dativo_cells::Unfit;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// What a spreadsheet takes for the beginning of a formula, the full-width forms included.
const FORMULA: [&str; 11] = ["=", "+", "-", "@", "\t", "\r", "\n", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}"];
/// Scalars that begin with a letter.
const WORDS: [&str; 4] = ["true", "false", "NaN", "Infinity"];

pub struct FieldWriter {
    delimiter: Vec<u8>,
    quote: u8,
    null_value: Vec<u8>,
    shields_formulas: bool,
    /// Whether numbers, dates and truth values can stand as they are, whatever their text.
    pub is_plain: bool,
}

impl FieldWriter {
    pub fn new(options: &EncodeOptions) -> Self {
        let delimiter = options.delimiter().as_bytes().to_vec();
        let quote = options.quote();
        let null_value = options.null_value.clone();
        let is_a_scalar =
            null_value.starts_with(|c: char| c == '-' || c.is_ascii_digit()) || WORDS.contains(&null_value.as_str());
        Self {
            is_plain: !is_a_scalar && !delimiter.iter().chain([&quote]).any(|&byte| is_in_scalars(byte)),
            delimiter,
            quote,
            null_value: null_value.into_bytes(),
            shields_formulas: options.shields_formulas(),
        }
    }

    /// What stands for no value; in a table of one column an empty line would be no record.
    pub fn missing(&self, is_one_column: bool) -> Vec<u8> {
        let mut text = Vec::new();
        match &self.null_value[..] {
            [] if is_one_column => text.extend_from_slice(&[self.quote; 2]),
            value if self.holds_delimiter(value) => self.push_quoted(&mut text, value),
            value => text.extend_from_slice(value),
        }
        text
    }

    /// Whether a byte may make a field that is quoted.
    #[inline]
    pub fn special(&self) -> impl Fn(u8) -> bool + use<> {
        let (first, quote) = (self.delimiter.first().copied().unwrap_or(b','), self.quote);
        move |byte| (byte == first) | (byte == quote) | (byte == b'\n') | (byte == b'\r')
    }

    /// Text of a source, or a name.
    pub fn push_text(&self, text: &mut Vec<u8>, value: &[u8]) {
        if self.shields_formulas && FORMULA.iter().any(|lead| value.starts_with(lead.as_bytes())) {
            self.push_any(text, &[b"'", value].concat());
        } else {
            self.push_any(text, value);
        }
    }

    /// Text of a source whose first special byte stands at `special`.
    #[inline]
    pub fn push_swept_text(&self, text: &mut Vec<u8>, value: &[u8], special: usize) {
        if special == value.len() && !self.shields_formulas && !self.is_quoted_anyway(value) {
            text.extend_from_slice(value);
        } else {
            self.push_text(text, value);
        }
    }

    /// The same in the JSON text of a value, or a byte that stands for another one there. The quotes around a text are
    /// none of these: within it they have a backslash.
    #[inline]
    pub fn special_in_json(&self) -> impl Fn(u8) -> bool + use<> {
        let first = self.delimiter.first().copied().unwrap_or(b',');
        let quote = if self.quote == b'"' { b'\\' } else { self.quote };
        move |byte| (byte == first) | (byte == quote) | (byte == b'\\') | (byte == b'\n') | (byte == b'\r')
    }

    /// A number, a word or a text, as JSON in which nothing is special, where its field is no more than its characters;
    /// false for others.
    #[inline]
    pub fn push_simple_json(&self, text: &mut Vec<u8>, json: &[u8]) -> bool {
        let value = match json {
            [b'"', value @ .., b'"'] if !self.shields_formulas => value,
            [b'-' | b'0'..=b'9' | b't' | b'f', .., b'0'..=b'9' | b'e'] | [b'0'..=b'9'] => json,
            _ => return false,
        };
        let is_simple = !self.is_quoted_anyway(value);
        if is_simple {
            text.extend_from_slice(value);
        }
        is_simple
    }

    /// A field as it is, or in quotes.
    pub fn push_any(&self, text: &mut Vec<u8>, value: &[u8]) {
        let is_quoted = self.is_quoted_anyway(value)
            || value.iter().any(|&byte| byte == self.quote || byte == b'\n' || byte == b'\r')
            || self.holds_delimiter(value);
        if is_quoted { self.push_quoted(text, value) } else { text.extend_from_slice(value) }
    }

    /// Text that would be read as no value, or as the mark of an encoding.
    #[inline]
    fn is_quoted_anyway(&self, value: &[u8]) -> bool {
        value.is_empty()
            || value == self.null_value
            || (value[0] == BYTE_ORDER_MARK[0] && value.starts_with(BYTE_ORDER_MARK))
    }

    /// Also one that begins here and that the delimiter behind the field would end.
    fn holds_delimiter(&self, value: &[u8]) -> bool {
        let begins = |at: usize| {
            let rest = &value[at..];
            rest.starts_with(&self.delimiter)
                || (rest.len() < self.delimiter.len() && [rest, &self.delimiter].concat().starts_with(&self.delimiter))
        };
        let first = self.delimiter.first();
        (0..value.len()).any(|at| Some(&value[at]) == first && begins(at))
    }

    fn push_quoted(&self, text: &mut Vec<u8>, value: &[u8]) {
        text.push(self.quote);
        let mut parts = value.split(|&byte| byte == self.quote);
        text.extend_from_slice(parts.next().unwrap_or_default());
        for part in parts {
            text.extend_from_slice(&[self.quote; 2]);
            text.extend_from_slice(part);
        }
        text.push(self.quote);
    }
}

/// Whether the text of a number, a date or a truth value may hold a byte.
fn is_in_scalars(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b':')
}

/// The text of a JSON string.
pub fn unescaped(json: &[u8]) -> Result<Vec<u8>, Unfit> {
    if !json.contains(&b'\\') {
        return Ok(json[1..json.len().max(2) - 1].to_vec());
    }
    let text = serde_json::from_slice::<String>(json).map(String::into_bytes);
    text.map_err(|_| Unfit("holds half of a surrogate pair, which UTF-8 cannot spell".into()))
}
