//! One line: the places of its members' values, or why it is refused.

use crate::decode::names::{Found, Names};
use crate::decode::scan::{Cell, Kind, Refusal, scan_number, scan_text, skip_space};
use crate::decode::text::unescape;
use std::collections::HashSet;

/// As in `lib/contract/json.ts`.
const MAX_DEPTH: usize = 100;
/// Names of so many members are compared with each other.
const FEW: usize = 16;

/// A member that is no column's.
#[derive(Clone, Copy, Debug)]
pub struct Extra {
    /// The name, without its quotes.
    pub name: Cell,
    pub value: Cell,
}

/// Reads lines; kept from one to the next for its memory.
#[derive(Default)]
pub struct LineReader {
    /// Names of the objects inside that are open.
    inside: Vec<Cell>,
    scratch: Vec<u8>,
}

impl LineReader {
    /// Reads the object that stands between two places; a line feed stands at the second. `cells` are those of the
    /// columns, all without a value.
    pub fn read(
        &mut self,
        bytes: &[u8],
        start: usize,
        end: usize,
        names: &mut Names,
        cells: &mut [Cell],
        extras: &mut Vec<Extra>,
    ) -> Result<(), Refusal> {
        names.begin();
        let mut at = skip_space(bytes, start);
        if bytes[at] != b'{' {
            return Err("is not an object".into());
        }
        let mut next = 0;
        at = skip_space(bytes, at + 1);
        if bytes[at] != b'}' {
            loop {
                let (found, name, behind) = self.read_name(bytes, at, names, &mut next)?;
                at = skip_space(bytes, behind);
                if bytes[at] != b':' {
                    return Err(NO_JSON.into());
                }
                let (value, behind) = self.read_value(bytes, skip_space(bytes, at + 1), 1)?;
                match found {
                    Found::Column(column) => cells[column] = value,
                    Found::Other => extras.push(Extra { name, value }),
                    Found::Twice => return Err(self.twice(name, bytes)),
                }
                at = skip_space(bytes, behind);
                if bytes[at] != b',' {
                    break;
                }
                at = skip_space(bytes, at + 1);
            }
        }
        if bytes[at] == b'}' && skip_space(bytes, at + 1) == end { Ok(()) } else { Err(NO_JSON.into()) }
    }

    /// A name, and where it ends.
    #[inline(always)]
    fn read_name(
        &mut self,
        bytes: &[u8],
        at: usize,
        names: &mut Names,
        next: &mut usize,
    ) -> Result<(Found, Cell, usize), Refusal> {
        if let Some((found, length)) = names.expect(&bytes[at..], next) {
            return Ok((found, Cell::new(Kind::Text, at + 1, at + length - 1), at + length));
        }
        if bytes[at] != b'"' {
            return Err(NO_JSON.into());
        }
        let (name, behind) = scan_quoted(bytes, at)?;
        let found = names.find(self.text_of(name, bytes), next);
        Ok((found, name, behind))
    }

    /// A value, and where it ends; `depth` counts what is open around it.
    #[inline(always)]
    fn read_value(&mut self, bytes: &[u8], at: usize, depth: usize) -> Result<(Cell, usize), Refusal> {
        let word = |kind, text: &[u8]| match bytes[at..].starts_with(text) {
            true => Ok((Cell::new(kind, at, at + text.len()), at + text.len())),
            false => Err(NO_JSON.into()),
        };
        match bytes[at] {
            b'"' => scan_quoted(bytes, at),
            b'-' | b'0'..=b'9' => scan_number(bytes, at).map(|cell| (cell, at + cell.len())),
            b't' => word(Kind::True, b"true"),
            b'f' => word(Kind::False, b"false"),
            b'n' => word(Kind::None, b"null"),
            b'{' => self.read_object(bytes, at, depth + 1).map(|end| (Cell::new(Kind::Object, at, end), end)),
            b'[' => self.read_array(bytes, at, depth + 1).map(|end| (Cell::new(Kind::Array, at, end), end)),
            _ => Err(NO_JSON.into()),
        }
    }

    fn read_array(&mut self, bytes: &[u8], start: usize, depth: usize) -> Result<usize, Refusal> {
        refuse_depth(depth)?;
        let mut at = skip_space(bytes, start + 1);
        if bytes[at] == b']' {
            return Ok(at + 1);
        }
        loop {
            let (_, behind) = self.read_value(bytes, at, depth)?;
            at = skip_space(bytes, behind);
            match bytes[at] {
                b',' => at = skip_space(bytes, at + 1),
                b']' => return Ok(at + 1),
                _ => return Err(NO_JSON.into()),
            }
        }
    }

    fn read_object(&mut self, bytes: &[u8], start: usize, depth: usize) -> Result<usize, Refusal> {
        refuse_depth(depth)?;
        let outside = self.inside.len();
        let mut at = skip_space(bytes, start + 1);
        if bytes[at] == b'}' {
            return Ok(at + 1);
        }
        loop {
            if bytes[at] != b'"' {
                return Err(NO_JSON.into());
            }
            let (name, behind) = scan_quoted(bytes, at)?;
            self.inside.push(name);
            at = skip_space(bytes, behind);
            if bytes[at] != b':' {
                return Err(NO_JSON.into());
            }
            let (_, behind) = self.read_value(bytes, skip_space(bytes, at + 1), depth)?;
            at = skip_space(bytes, behind);
            match bytes[at] {
                b',' => at = skip_space(bytes, at + 1),
                b'}' => break,
                _ => return Err(NO_JSON.into()),
            }
        }
        let repeated = repeated(&self.inside[outside..], bytes);
        self.inside.truncate(outside);
        match repeated {
            Some(name) => Err(self.twice(name, bytes)),
            None => Ok(at + 1),
        }
    }

    /// Forgets what a line that was refused has left open.
    pub fn reset(&mut self) {
        self.inside.clear();
    }

    fn text_of<'a>(&'a mut self, name: Cell, bytes: &'a [u8]) -> &'a [u8] {
        if name.kind() == Kind::Text {
            return name.of(bytes);
        }
        self.scratch.clear();
        unescape(name.of(bytes), &mut self.scratch);
        &self.scratch
    }

    #[cold]
    fn twice(&mut self, name: Cell, bytes: &[u8]) -> Refusal {
        format!("names '{}' twice", String::from_utf8_lossy(self.text_of(name, bytes)))
    }
}

const NO_JSON: &str = "is not JSON";

/// A text from its quote on, and where it ends.
#[inline(always)]
fn scan_quoted(bytes: &[u8], at: usize) -> Result<(Cell, usize), Refusal> {
    let (end, has_escapes) = scan_text(bytes, at + 1)?;
    Ok((Cell::new(if has_escapes { Kind::Escaped } else { Kind::Text }, at + 1, end), end + 1))
}

fn refuse_depth(depth: usize) -> Result<(), Refusal> {
    if depth <= MAX_DEPTH { Ok(()) } else { Err(format!("is nested deeper than {MAX_DEPTH} levels")) }
}

/// The first name that an object has twice.
fn repeated(names: &[Cell], bytes: &[u8]) -> Option<Cell> {
    let is_plain = names.iter().all(|name| name.kind() == Kind::Text);
    if names.len() <= FEW && is_plain {
        let is_repeated =
            |(at, name): &(usize, &Cell)| names[..*at].iter().any(|other| other.of(bytes) == name.of(bytes));
        return names.iter().enumerate().find(is_repeated).map(|(_, name)| *name);
    }
    let mut seen = HashSet::with_capacity(names.len());
    names.iter().copied().find(|name| {
        let mut text = Vec::new();
        unescape(name.of(bytes), &mut text);
        !seen.insert(text)
    })
}
