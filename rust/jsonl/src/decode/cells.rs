//! The values of one column, lent to the gate as text; what JSON means besides text is settled here.

use crate::decode::number::{Number, double_text, is_double, safe_integer, stays_text};
use crate::decode::scan::{Cell, Kind, scan_number, scan_text, skip_space};
use crate::decode::text::unescape;
use dativo_gate::{Cells, DataType, Misfit, Text, shorten};

/// A column of good lines.
#[derive(Clone, Copy)]
pub struct JsonCells<'c> {
    pub bytes: &'c [u8],
    /// Of one record after another.
    pub cells: &'c [Cell],
    pub width: usize,
    pub column: usize,
    pub wanted: Wanted,
}

/// What a type takes of JSON, besides text that reads as it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Text,
    Integer,
    Double,
    Decimal,
    Boolean,
    TextAlone,
}

impl Wanted {
    pub fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::String => Self::Text,
            DataType::Integer => Self::Integer,
            DataType::Double => Self::Double,
            DataType::Decimal { .. } => Self::Decimal,
            DataType::Boolean => Self::Boolean,
            _ => Self::TextAlone,
        }
    }
}

// SAFETY: the decoder has validated the bytes of good lines, a token ends where another begins, and escapes stand for
// characters.
unsafe impl Cells for JsonCells<'_> {
    #[inline]
    fn len(&self) -> usize {
        self.cells.len() / self.width
    }

    #[inline(always)]
    fn plain(&self, row: usize) -> Option<Text<'_>> {
        let cell = self.cell(row);
        let is_plain = match cell.kind() {
            Kind::Text => true,
            Kind::Integer => matches!(self.wanted, Wanted::Text | Wanted::Integer | Wanted::Double | Wanted::Decimal),
            Kind::Point => matches!(self.wanted, Wanted::Text | Wanted::Double | Wanted::Decimal),
            Kind::True | Kind::False => matches!(self.wanted, Wanted::Text | Wanted::Boolean),
            _ => false,
        };
        is_plain.then(|| Text::new(&self.bytes[cell.start()..], cell.len()))
    }

    #[inline(never)]
    fn get<'a>(&'a self, row: usize, scratch: &'a mut Vec<u8>) -> Option<Text<'a>> {
        if let Some(text) = self.plain(row) {
            return Some(text);
        }
        let cell = self.cell(row);
        scratch.clear();
        match cell.kind() {
            Kind::Escaped => unescape(cell.of(self.bytes), scratch),
            Kind::Integer | Kind::Point | Kind::Number => self.spell(cell.of(self.bytes), scratch).ok()?,
            _ => return None,
        }
        Some(Text::from(&scratch[..]))
    }

    #[cold]
    fn misfit(&self, row: usize) -> Option<Misfit> {
        let cell = self.cell(row);
        match cell.kind() {
            Kind::None => None,
            Kind::Integer | Kind::Point | Kind::Number => self.spell(cell.of(self.bytes), &mut Vec::new()).err(),
            _ => Some(Misfit::Kind),
        }
    }

    fn shown(&self, row: usize) -> (String, String) {
        let cell = self.cell(row);
        let token = cell.of(self.bytes);
        let bare = |text: String, kind: &str| (shorten(text), kind.to_owned());
        let written = String::from_utf8_lossy(token).into_owned();
        match cell.kind() {
            Kind::Integer => bare(written, "a number"),
            Kind::Point | Kind::Number => match Number::of(token) {
                Number::Double(value) => bare(double_text(value), "a number"),
                Number::Integer if stays_text(token) => bare(written, "an object"),
                Number::Integer if is_safe(token) => bare(written, "a number"),
                Number::Integer => bare(written, "a bigint"),
                Number::Text => bare(written, "an object"),
            },
            Kind::True | Kind::False => bare(written, "a boolean"),
            Kind::Array => {
                let items = format!("an array of {}", count_items(self.bytes, cell.start()));
                (items.clone(), items)
            }
            Kind::Object => ("an object".to_owned(), "an object".to_owned()),
            Kind::None | Kind::Text | Kind::Escaped => {
                let mut scratch = Vec::new();
                let text = self.get(row, &mut scratch).map_or(&[][..], |text| text.bytes());
                (dativo_gate::show_text(&String::from_utf8_lossy(text)), "a string".to_owned())
            }
        }
    }
}

impl JsonCells<'_> {
    #[inline(always)]
    fn cell(&self, row: usize) -> Cell {
        self.cells[row * self.width + self.column]
    }

    /// Appends a text that reads as what a number is to the column's type.
    fn spell(&self, token: &[u8], out: &mut Vec<u8>) -> Result<(), Misfit> {
        let number = Number::of(token);
        match (self.wanted, &number) {
            (Wanted::TextAlone, _) => return Err(Misfit::Kind),
            (Wanted::Integer, Number::Double(value)) => match safe_integer(*value) {
                Some(integer) => out.extend_from_slice(integer.to_string().as_bytes()),
                None => return Err(if value.fract() == 0.0 { Misfit::Unsafe } else { Misfit::Syntax }),
            },
            (Wanted::Double, Number::Integer) if !stays_text(token) && !is_double(token) => return Err(Misfit::Unsafe),
            (Wanted::Boolean, Number::Text) => return Err(Misfit::Kind),
            (Wanted::Boolean, Number::Integer) if stays_text(token) => return Err(Misfit::Kind),
            (Wanted::Boolean, _) => out.push(truth_of(token).ok_or(Misfit::Syntax)?),
            (Wanted::Text | Wanted::Decimal, Number::Double(value)) => {
                out.extend_from_slice(double_text(*value).as_bytes());
            }
            _ => out.extend_from_slice(token),
        }
        Ok(())
    }
}

/// `0` or `1`, however it is written.
fn truth_of(token: &[u8]) -> Option<u8> {
    let value: f64 = std::str::from_utf8(token).ok()?.parse().ok()?;
    if value == 0.0 { Some(b'0') } else { (value == 1.0).then_some(b'1') }
}

fn is_safe(token: &[u8]) -> bool {
    std::str::from_utf8(token).ok().and_then(|text| text.parse().ok()).and_then(safe_integer).is_some()
}

/// How many items an array has, which is known to be one.
fn count_items(bytes: &[u8], start: usize) -> usize {
    let mut at = skip_space(bytes, start + 1);
    if bytes[at] == b']' {
        return 0;
    }
    let (mut depth, mut count) = (1, 1);
    while depth > 0 {
        match bytes[at] {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b',' if depth == 1 => count += 1,
            b'"' => at = scan_text(bytes, at + 1).map_or(at, |(end, _)| end),
            b'-' | b'0'..=b'9' => at += scan_number(bytes, at).map_or(1, Cell::len) - 1,
            _ => {}
        }
        at += 1;
    }
    count
}
