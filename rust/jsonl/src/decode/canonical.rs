//! JSON text as the TypeScript encoder writes the value that the TypeScript decoder reads of it.

use crate::decode::line::Extra;
use crate::decode::names::array_index;
use crate::decode::number::write_number;
use crate::decode::scan::{Cell, Kind, scan_number, scan_text, skip_space};
use crate::decode::text::{requote, unescape};

/// Writes values; kept for its memory.
#[derive(Default)]
pub struct Canonical {
    scratch: Vec<u8>,
}

/// A member of an object that was written: its name where that is a number, and where it stands.
type Member = (Option<u32>, usize, usize);

impl Canonical {
    /// Appends a value that was read before; nothing for none.
    #[inline]
    pub fn write(&mut self, cell: Cell, bytes: &[u8], out: &mut Vec<u8>) {
        match cell.kind() {
            Kind::None => {}
            // The quotes stand around it.
            Kind::Text => out.extend_from_slice(&bytes[cell.start() - 1..=cell.start() + cell.len()]),
            Kind::Escaped => requote(cell.of(bytes), &mut self.scratch, out),
            Kind::Number => write_number(cell.of(bytes), out),
            Kind::Integer | Kind::Point | Kind::True | Kind::False => out.extend_from_slice(cell.of(bytes)),
            Kind::Array | Kind::Object => {
                self.write_at(bytes, cell.start(), out);
            }
        }
    }

    /// Appends the object that some members make.
    pub fn write_extras(&mut self, extras: &[Extra], bytes: &[u8], out: &mut Vec<u8>) {
        out.push(b'{');
        for (at, Extra { name, value }) in extras.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            self.write(*name, bytes, out);
            out.push(b':');
            if value.kind() == Kind::None { out.extend_from_slice(b"null") } else { self.write(*value, bytes, out) }
        }
        out.push(b'}');
    }

    /// Appends the value at a place, and gives the place behind it.
    fn write_at(&mut self, bytes: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
        match bytes[at] {
            b'{' => self.write_object(bytes, at, out),
            b'[' => self.write_array(bytes, at, out),
            b'"' => self.write_text(bytes, at, out),
            b'-' | b'0'..=b'9' => {
                let cell = scan_number(bytes, at).unwrap_or_default();
                self.write(cell, bytes, out);
                at + cell.len()
            }
            first => {
                let length = if first == b'f' { 5 } else { 4 };
                out.extend_from_slice(&bytes[at..at + length]);
                at + length
            }
        }
    }

    fn write_text(&mut self, bytes: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
        let (end, has_escapes) = scan_text(bytes, at + 1).unwrap_or((at + 1, false));
        self.write(Cell::new(if has_escapes { Kind::Escaped } else { Kind::Text }, at + 1, end), bytes, out);
        end + 1
    }

    fn write_array(&mut self, bytes: &[u8], start: usize, out: &mut Vec<u8>) -> usize {
        out.push(b'[');
        let mut at = skip_space(bytes, start + 1);
        while bytes[at] != b']' {
            at = skip_space(bytes, self.write_at(bytes, at, out));
            if bytes[at] == b',' {
                out.push(b',');
                at = skip_space(bytes, at + 1);
            }
        }
        out.push(b']');
        at + 1
    }

    fn write_object(&mut self, bytes: &[u8], start: usize, out: &mut Vec<u8>) -> usize {
        out.push(b'{');
        let first = out.len();
        let mut members: Vec<Member> = Vec::new();
        let mut has_numbers = false;
        let mut at = skip_space(bytes, start + 1);
        while bytes[at] != b'}' {
            let began = out.len();
            let number = self.number_at(bytes, at);
            at = skip_space(bytes, self.write_text(bytes, at, out));
            out.push(b':');
            at = skip_space(bytes, self.write_at(bytes, skip_space(bytes, at + 1), out));
            has_numbers |= number.is_some();
            members.push((number, began, out.len()));
            if bytes[at] == b',' {
                out.push(b',');
                at = skip_space(bytes, at + 1);
            }
        }
        if has_numbers {
            reorder(members, first, out);
        }
        out.push(b'}');
        at + 1
    }

    /// The name at a place, where JavaScript takes it for a number.
    fn number_at(&mut self, bytes: &[u8], at: usize) -> Option<u32> {
        if !matches!(bytes[at + 1], b'0'..=b'9' | b'\\') {
            return None;
        }
        let (end, _) = scan_text(bytes, at + 1).ok()?;
        self.scratch.clear();
        unescape(&bytes[at + 1..end], &mut self.scratch);
        array_index(&self.scratch)
    }
}

/// Puts members whose names are numbers before the others, in their order.
#[cold]
fn reorder(mut members: Vec<Member>, first: usize, out: &mut Vec<u8>) {
    members.sort_by_key(|(number, ..)| number.unwrap_or(u32::MAX));
    let texts: Vec<_> = members.iter().map(|&(_, from, to)| &out[from..to]).collect();
    let ordered = texts.join(&b","[..]);
    out.truncate(first);
    out.extend_from_slice(&ordered);
}
