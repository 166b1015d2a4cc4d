//! Remembers the values of a unique field, or of the fields of a primary key: exactly, and within a bound of bytes.

use crate::{Cell, Column, GateError};
use std::hash::{BuildHasher, RandomState};

/// What a key costs besides its own bytes: its place in the table, half of which is free, and its length.
const KEY_OVERHEAD_BYTES: usize = 24;

#[derive(Debug)]
pub struct UniqueIndex {
    names: Vec<String>,
    positions: Vec<usize>,
    limit_bytes: usize,
    keys: KeySet,
    key: Vec<u8>,
}

impl UniqueIndex {
    pub fn new(names: Vec<String>, positions: Vec<usize>, limit_bytes: usize) -> Self {
        Self { names, positions, limit_bytes, keys: KeySet::default(), key: Vec::new() }
    }

    /// The names of its fields as a reject shows them.
    pub fn column(&self) -> String {
        self.names.join(", ")
    }

    pub fn positions(&self) -> &[usize] {
        &self.positions
    }

    /// True when an earlier record had the same values. Nulls are never equal to each other (SQL:2023 §8.11).
    pub fn has(&mut self, columns: &[Column], row: usize) -> bool {
        self.make_key(columns, row) && self.keys.contains(&self.key)
    }

    /// # Errors
    /// `DTV_UNIQUE_LIMIT` when one value more is beyond the bound.
    pub fn add(&mut self, columns: &[Column], row: usize) -> Result<(), GateError> {
        if !self.make_key(columns, row) {
            return Ok(());
        }
        self.keys.insert(&self.key);
        if self.keys.size_bytes() > self.limit_bytes { Err(self.limit()) } else { Ok(()) }
    }

    /// False when one of the values is null.
    fn make_key(&mut self, columns: &[Column], row: usize) -> bool {
        self.key.clear();
        for &position in &self.positions {
            let Some(cell) = columns[position].cell(row) else {
                return false;
            };
            append_key(&cell, &mut self.key);
        }
        true
    }

    fn limit(&self) -> GateError {
        GateError {
            code: "DTV_UNIQUE_LIMIT",
            message: format!(
                "The unique check of {} holds {} values and has no memory for more",
                self.column(),
                self.keys.count - 1
            ),
            culprit: Some(self.column()),
            hint: Some(
                "Give the run more with --memory, or drop the rule where the source already guarantees it.".into(),
            ),
        }
    }
}

/// Bytes that are the same for values that are the same, and only then. NaN is NaN, and zero has no sign.
fn append_key(cell: &Cell, key: &mut Vec<u8>) {
    match cell {
        Cell::Text(bytes) | Cell::Binary(bytes) => {
            key.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            key.extend_from_slice(bytes);
        }
        Cell::Integer(value) | Cell::Time(value) | Cell::Timestamp(value) => {
            key.extend_from_slice(&value.to_le_bytes())
        }
        Cell::Double(value) if value.is_nan() => key.extend_from_slice(&f64::NAN.to_le_bytes()),
        // Adding zero takes the sign off a zero.
        Cell::Double(value) => key.extend_from_slice(&(value + 0.0).to_le_bytes()),
        Cell::Boolean(value) => key.push(u8::from(*value)),
        Cell::Date(value) => key.extend_from_slice(&value.to_le_bytes()),
        Cell::Decimal(value) => key.extend_from_slice(&value.to_le_bytes()),
    }
}

/// Byte strings in one piece of memory, found through an open table of their places. Hashes are keyed: the values come
/// from outside.
#[derive(Debug, Default)]
struct KeySet {
    hasher: RandomState,
    bytes: Vec<u8>,
    /// Ends in `bytes`, in the order of arrival.
    ends: Vec<usize>,
    /// Number of a key plus one, and the upper half of its hash, so that most misses touch no key.
    table: Vec<(u32, u32)>,
    count: usize,
}

impl KeySet {
    fn contains(&self, key: &[u8]) -> bool {
        !self.table.is_empty() && self.find(key).is_err()
    }

    /// The free place of a key, and its tag; an error when it is there already.
    fn find(&self, key: &[u8]) -> Result<(usize, u32), ()> {
        let hash = self.hasher.hash_one(key);
        let mask = self.table.len() - 1;
        let tag = (hash >> 32) as u32;
        let mut slot = hash as usize & mask;
        while let (number @ 1.., found) = self.table[slot] {
            if found == tag && self.key(number as usize - 1) == key {
                return Err(());
            }
            slot = (slot + 1) & mask;
        }
        Ok((slot, tag))
    }

    fn insert(&mut self, key: &[u8]) {
        if self.table.len() < (self.count + 1) * 2 {
            self.grow();
        }
        let Ok((slot, tag)) = self.find(key) else {
            return;
        };
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
        self.count += 1;
        self.table[slot] = (self.count as u32, tag);
    }

    fn size_bytes(&self) -> usize {
        self.bytes.len() + self.count * KEY_OVERHEAD_BYTES
    }

    fn key(&self, number: usize) -> &[u8] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.bytes[start..self.ends[number]]
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(1024);
        let mut table = vec![(0, 0); size];
        for number in 0..self.count {
            let hash = self.hasher.hash_one(self.key(number));
            let mut slot = hash as usize & (size - 1);
            while table[slot].0 != 0 {
                slot = (slot + 1) & (size - 1);
            }
            table[slot] = (number as u32 + 1, (hash >> 32) as u32);
        }
        self.table = table;
    }
}
