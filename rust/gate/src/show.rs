//! Values as messages and rows show them: the spellings of JavaScript, which the reasons of rejects are written in.

use crate::temporal::{MICROS_PER_DAY, civil_from_days};
use crate::{Cell, DataType};
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
    let mut text = String::new();
    match (cell, data_type) {
        (Cell::Text(bytes), _) => return String::from_utf8_lossy(bytes).into_owned(),
        (Cell::Integer(value), _) => return value.to_string(),
        (Cell::Double(value), _) => return js_number(*value),
        (Cell::Boolean(value), _) => return value.to_string(),
        (Cell::Date(days), _) => push_date(&mut text, *days),
        (Cell::Time(micros), _) => push_time(&mut text, *micros),
        (Cell::Timestamp(micros), of) => {
            push_timestamp(&mut text, *micros, matches!(of, DataType::Timestamp { zoned: true }));
        }
        (Cell::Decimal(unscaled), DataType::Decimal { scale, .. }) => {
            push_decimal(&mut text, *unscaled, usize::from(*scale));
        }
        (Cell::Decimal(unscaled), _) => return unscaled.to_string(),
        (Cell::Binary(bytes), _) => return bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(","),
    }
    text
}

/// A number as JavaScript prints it (ECMA-262 §6.1.6.1.20): the shortest digits that are read back as the same double.
pub fn js_number(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-Infinity" } else { "Infinity" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(|&c| c != '.').collect();
    // Place of the point, counted from the first digit.
    let point: i32 = exponent.parse::<i32>().unwrap_or(0) + 1;
    let count = digits.len() as i32;
    let body = match point {
        _ if count <= point && point <= 21 => digits.clone() + &"0".repeat((point - count) as usize),
        1..=21 => format!("{}.{}", &digits[..point as usize], &digits[point as usize..]),
        -5..=0 => format!("0.{}{digits}", "0".repeat(-point as usize)),
        _ => {
            let sign = if point > 0 { '+' } else { '-' };
            let rest = if count > 1 { format!(".{}", &digits[1..]) } else { String::new() };
            format!("{}{rest}e{sign}{}", &digits[..1], (point - 1).abs())
        }
    };
    if value < 0.0 { format!("-{body}") } else { body }
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

/// `2024-05-01`, of days since 1970.
pub fn push_date(text: &mut String, days: i32) {
    let (year, month, day) = civil_from_days(days);
    let _ = write!(text, "{year:04}-{month:02}-{day:02}");
}

/// `23:59:59.000000`, of microseconds since midnight.
pub fn push_time(text: &mut String, micros: i64) {
    let seconds = micros / 1_000_000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let _ = write!(text, "{hour:02}:{minute:02}:{second:02}.{:06}", micros % 1_000_000);
}

/// `2024-05-01T23:59:59.000000`, and a `Z` where there is a zone; of microseconds since 1970.
pub fn push_timestamp(text: &mut String, micros: i64, is_zoned: bool) {
    push_date(text, micros.div_euclid(MICROS_PER_DAY) as i32);
    text.push('T');
    push_time(text, micros.rem_euclid(MICROS_PER_DAY));
    if is_zoned {
        text.push('Z');
    }
}

/// Every digit of a decimal, with so many behind the point.
pub fn push_decimal(text: &mut String, unscaled: i128, scale: usize) {
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let point = if scale == 0 { "" } else { "." };
    let _ = write!(text, "{sign}{whole}{point}{fraction}");
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
