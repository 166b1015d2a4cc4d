//! The names of a source's members.

use std::collections::{HashMap, HashSet};

/// A file with more names comes from keys that are data, or from an attack.
pub const MAX_NAMES: usize = 10_000;

/// Names that the last records had, in their order, and a few that they left out.
const MAX_ORDER: usize = 1024;
/// How far ahead a name is looked for when members were left out.
const LOOK_AHEAD: usize = 8;

/// Every name has a number: columns first, then the others as they have come.
pub struct Names {
    numbers: HashMap<Box<[u8]>, u32>,
    names: Vec<Name>,
    /// What is to be expected after what.
    order: Vec<u32>,
    columns: usize,
    in_source: usize,
    record: u32,
    /// What the record at hand has that no good record had before.
    fresh: Vec<Box<[u8]>>,
    fresh_set: HashSet<Box<[u8]>>,
    first_seen: Vec<u32>,
}

struct Name {
    text: Box<[u8]>,
    /// With its quotes, where it stands like this in a source; else empty.
    quoted: Box<[u8]>,
    /// Whether a good record has had it.
    is_in_source: bool,
    /// The last record that had it.
    record: u32,
}

/// What a name is to a record.
pub enum Found {
    Column(usize),
    Other,
    Twice,
}

impl Names {
    /// `are_found` says that the source has these columns; else a contract names them.
    pub fn new(columns: &[String], are_found: bool) -> Self {
        let mut names = Self {
            numbers: HashMap::new(),
            names: Vec::new(),
            order: Vec::new(),
            columns: columns.len(),
            in_source: if are_found { columns.len() } else { 0 },
            record: 0,
            fresh: Vec::new(),
            fresh_set: HashSet::new(),
            first_seen: Vec::new(),
        };
        for column in columns {
            names.push(column.as_bytes().into(), are_found);
        }
        names.order = (0..columns.len().min(MAX_ORDER) as u32).collect();
        names
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.names.iter().map(|name| String::from_utf8_lossy(&name.text).into_owned())
    }

    /// Those that good records had.
    pub fn source_names(&self) -> Vec<String> {
        let found = self.names.iter().filter(|name| name.is_in_source);
        found.map(|name| String::from_utf8_lossy(&name.text).into_owned()).collect()
    }

    /// Makes columns of all names that have come.
    pub fn widen(&mut self) {
        self.columns = self.names.len();
    }

    pub fn begin(&mut self) {
        self.record = self.record.wrapping_add(1);
        if self.record == 0 {
            self.names.iter_mut().for_each(|name| name.record = 0);
            self.record = 1;
        }
        if !self.fresh.is_empty() {
            self.fresh.clear();
            self.fresh_set.clear();
        }
        self.first_seen.clear();
    }

    /// The name that is expected at a place and stands there; gives its length with quotes.
    #[inline(always)]
    pub fn expect(&mut self, from: &[u8], next: &mut usize) -> Option<(Found, usize)> {
        let number = *self.order.get(*next)?;
        let quoted = &self.names[number as usize].quoted;
        if quoted.is_empty() || !from.starts_with(quoted) {
            return self.look_ahead(from, next);
        }
        let length = quoted.len();
        *next += 1;
        Some((self.meet(number), length))
    }

    fn look_ahead(&mut self, from: &[u8], next: &mut usize) -> Option<(Found, usize)> {
        let ahead = self.order.iter().enumerate().skip(*next + 1).take(LOOK_AHEAD);
        let is_there = |number: u32| {
            let quoted = &self.names[number as usize].quoted;
            !quoted.is_empty() && from.starts_with(quoted)
        };
        let (at, number) = ahead.map(|(at, number)| (at, *number)).find(|(_, number)| is_there(*number))?;
        *next = at + 1;
        Some((self.meet(number), self.names[number as usize].quoted.len()))
    }

    /// A name that was not expected.
    pub fn find(&mut self, name: &[u8], next: &mut usize) -> Found {
        if let Some(&number) = self.numbers.get(name) {
            if self.order.len() < MAX_ORDER.min(2 * self.names.len()) {
                self.order.insert(*next, number);
                *next += 1;
            } else {
                *next = self.order.iter().position(|other| *other == number).map_or(*next, |at| at + 1);
            }
            return self.meet(number);
        }
        if !self.fresh_set.insert(name.into()) {
            return Found::Twice;
        }
        self.fresh.push(name.into());
        Found::Other
    }

    #[inline(always)]
    fn meet(&mut self, number: u32) -> Found {
        let name = &mut self.names[number as usize];
        if name.record == self.record {
            return Found::Twice;
        }
        name.record = self.record;
        if !name.is_in_source {
            self.first_seen.push(number);
        }
        if (number as usize) < self.columns { Found::Column(number as usize) } else { Found::Other }
    }

    /// Whether the record at hand has more names than the source may have.
    pub fn overflow(&self) -> bool {
        self.in_source + self.fresh.len() + self.first_seen.len() > MAX_NAMES
    }

    /// The record at hand is a good one: its names are names of the source. Those that have no number yet are given
    /// back.
    pub fn accept(&mut self) -> Vec<String> {
        self.in_source += self.first_seen.len();
        for number in self.first_seen.drain(..) {
            self.names[number as usize].is_in_source = true;
        }
        if self.fresh.is_empty() {
            return Vec::new();
        }
        self.in_source += self.fresh.len();
        let mut fresh = std::mem::take(&mut self.fresh);
        self.fresh_set.clear();
        fresh.sort_by_key(|name| array_index(name).unwrap_or(u32::MAX));
        let texts = fresh.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        for name in fresh {
            self.push(name, true);
        }
        texts
    }

    fn push(&mut self, text: Box<[u8]>, is_in_source: bool) {
        let is_plain = text.iter().all(|byte| !matches!(byte, b'"' | b'\\' | 0..b' '));
        let quoted = if is_plain { [b"\"", &*text, b"\""].concat().into() } else { Box::default() };
        self.numbers.insert(text.clone(), self.names.len() as u32);
        self.names.push(Name { text, quoted, is_in_source, record: 0 });
    }
}

/// The number of a name that is one of an array: JavaScript has these before all others, in their own order.
pub fn array_index(name: &[u8]) -> Option<u32> {
    let is_canonical =
        name.len() <= 10 && name.iter().all(u8::is_ascii_digit) && (name.len() == 1 || name.first()? != &b'0');
    let number = is_canonical.then(|| std::str::from_utf8(name).ok()?.parse().ok()).flatten();
    number.filter(|number| *number != u32::MAX)
}
