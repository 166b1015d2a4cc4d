//! Values as messages and rows show them: the spellings of JavaScript, which the reasons of rejects are written in.

use crate::{Cell, DataType, spell};
use std::fmt::Write;

/// A text as an error message shows it: quoted, on one line, at most 60 characters.
pub fn show_text(text: &str) -> String {
    // Quotes and escapes only lengthen a text, so what lies beyond is never shown.
    let shown = text.char_indices().nth(64).map_or(text, |(end, _)| &text[..end]);
    shorten(json_string(shown))
}

/// What is shown of anything whose text is not quoted.
pub fn shorten(text: String) -> String {
    match text.char_indices().nth(60) {
        None => text,
        Some(_) => text.chars().take(57).chain(['…']).collect(),
    }
}

/// A cell as a reason shows it: text and what a row holds as text in quotes, numbers bare.
pub fn show_cell(cell: &Cell, data_type: &DataType) -> String {
    match cell {
        Cell::Text(bytes) => show_text(&String::from_utf8_lossy(bytes)),
        Cell::Double(value) if *value == 0.0 && value.is_sign_negative() => "-0".to_owned(),
        Cell::Integer(_) | Cell::Double(_) | Cell::Boolean(_) => shorten(cell_text(cell, data_type)),
        Cell::Binary(bytes) => format!("{} bytes", bytes.len()),
        Cell::Date(_) | Cell::Time(_) | Cell::Timestamp(_) | Cell::Decimal(_) => show_text(&cell_text(cell, data_type)),
    }
}

/// What `String(cell)` gives of the cell that a row holds.
pub fn cell_text(cell: &Cell, data_type: &DataType) -> String {
    let mut text = Vec::new();
    match (cell, data_type) {
        (Cell::Text(bytes), _) => text.extend_from_slice(bytes),
        (Cell::Integer(value), _) => spell::push_integer(&mut text, *value),
        (Cell::Double(value), _) => spell::push_double(&mut text, *value),
        (Cell::Boolean(value), _) => return value.to_string(),
        (Cell::Date(days), _) => spell::push_date(&mut text, *days),
        (Cell::Time(micros), _) => spell::push_time(&mut text, *micros),
        (Cell::Timestamp(micros), of) => {
            spell::push_timestamp(&mut text, *micros, matches!(of, DataType::Timestamp { zoned: true }));
        }
        (Cell::Decimal(unscaled), DataType::Decimal { scale, .. }) => {
            spell::push_decimal(&mut text, *unscaled, usize::from(*scale));
        }
        (Cell::Decimal(unscaled), _) => return unscaled.to_string(),
        (Cell::Binary(bytes), _) => return bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(","),
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// A number as JavaScript prints it (ECMA-262 §6.1.6.1.20).
pub fn js_number(value: f64) -> String {
    ryu_js::Buffer::new().format(value).to_owned()
}

/// What `JSON.stringify` makes of a text.
pub fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => drop(write!(out, "\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_javascript() {
        let cases = [
            (1e21, "1e+21"),
            (123456789012345680000.0, "123456789012345680000"),
            (1e-7, "1e-7"),
            (0.000001, "0.000001"),
            (1.5, "1.5"),
            (-100.0, "-100"),
            (5e-324, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (0.1, "0.1"),
            (12.0, "12"),
            (-0.0, "0"),
        ];
        for (value, text) in cases {
            assert_eq!(js_number(value), text);
        }
    }

    #[test]
    fn texts_are_quoted_and_cut() {
        assert_eq!(show_text("a\"\u{1}\n"), "\"a\\\"\\u0001\\n\"");
        assert_eq!(show_text(&"x".repeat(58)), format!("\"{}\"", "x".repeat(58)));
        assert_eq!(show_text(&"x".repeat(59)), format!("\"{}…", "x".repeat(56)));
        assert_eq!(show_text(&"é".repeat(500)), format!("\"{}…", "é".repeat(56)));
    }
}
