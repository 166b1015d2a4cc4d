//! A fixed set of texts, asked once per cell of a column.

use std::collections::HashSet;

/// Most texts of an enum are codes of a few letters. Those are looked for as numbers, in a table without collisions to
/// speak of; hashing bytes would cost more than reading the field.
#[derive(Debug)]
pub struct TextSet {
    /// Texts of at most seven bytes with their length on top; 0 is an empty slot, since no text is packed to it.
    short: Vec<u64>,
    has_empty: bool,
    long: HashSet<Box<[u8]>>,
}

impl TextSet {
    pub fn new<'a>(texts: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let slots = (texts.clone().count() * 4).next_power_of_two().max(8);
        let mut set = Self { short: vec![0; slots], has_empty: false, long: HashSet::new() };
        for text in texts {
            match pack(text) {
                Some(0) => set.has_empty = true,
                Some(key) => {
                    let slot = set.slot_of(key);
                    set.short[slot] = key;
                }
                None => drop(set.long.insert(text.into())),
            }
        }
        set
    }

    #[inline]
    pub fn contains(&self, text: &[u8]) -> bool {
        match pack(text) {
            Some(0) => self.has_empty,
            Some(key) => self.short[self.slot_of(key)] == key,
            None => !self.long.is_empty() && self.long.contains(text),
        }
    }

    /// The slot that holds a key, or the empty one where it belongs: three of four slots are free.
    #[inline]
    fn slot_of(&self, key: u64) -> usize {
        let mask = self.short.len() - 1;
        let mut slot = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
        while self.short[slot] != 0 && self.short[slot] != key {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

/// Up to seven bytes and their number as one; 0 for the empty text alone.
#[inline]
fn pack(text: &[u8]) -> Option<u64> {
    if text.len() > 7 {
        return None;
    }
    Some(text.iter().fold(text.len() as u64, |key, &byte| key << 8 | u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::TextSet;

    #[test]
    fn holds_what_was_given_and_nothing_else() {
        let texts = ["", "a", "\0", "\0\0", "germany", "Deutschland", "é"];
        let set = TextSet::new(texts.iter().map(|text| text.as_bytes()));
        assert!(texts.iter().all(|text| set.contains(text.as_bytes())));
        assert!(["b", "\0\0\0", "aa", "germanys", "ger"].iter().all(|text| !set.contains(text.as_bytes())));
        assert!(!TextSet::new(["x".as_bytes()].into_iter()).contains(b""));
    }
}
