//! A fixed set of texts, asked once per cell of a column.

use crate::Text;
use std::collections::HashSet;

/// Most texts of an enum are codes of a few letters. Those are looked for as numbers, in a table without collisions to
/// speak of; hashing bytes would cost more than reading the field.
#[derive(Debug)]
pub struct TextSet {
    /// Texts of at most 15 bytes with their length on top; all ones is an empty slot, since no text is packed to it.
    short: Vec<u128>,
    long: HashSet<Box<[u8]>>,
}

const EMPTY: u128 = u128::MAX;

impl TextSet {
    pub fn new<'a>(texts: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let slots = (texts.clone().count() * 4).next_power_of_two().max(8);
        let mut set = Self { short: vec![EMPTY; slots], long: HashSet::new() };
        for text in texts {
            match pack(text.into()) {
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
    pub fn contains(&self, text: Text<'_>) -> bool {
        match pack(text) {
            Some(key) => self.short[self.slot_of(key)] == key,
            None => !self.long.is_empty() && self.long.contains(text.bytes()),
        }
    }

    /// The slot that holds a key, or the empty one where it belongs: three of four slots are free.
    #[inline]
    fn slot_of(&self, key: u128) -> usize {
        let mask = self.short.len() - 1;
        let folded = (key >> 64) as u64 ^ key as u64;
        let mut slot = (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
        while self.short[slot] != EMPTY && self.short[slot] != key {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

/// Up to 15 bytes and their number as one.
#[inline]
fn pack(text: Text<'_>) -> Option<u128> {
    let length = text.len();
    if length > 15 {
        return None;
    }
    let word = text.window::<16>().map_or_else(|| gather(text.bytes()), |window| u128::from_le_bytes(*window));
    Some(word & ((1 << (length * 8)) - 1) | (length as u128) << 120)
}

#[cold]
fn gather(text: &[u8]) -> u128 {
    text.iter().rev().fold(0, |word, &byte| word << 8 | u128::from(byte))
}

#[cfg(test)]
mod tests {
    use super::TextSet;
    use crate::Text;

    #[test]
    fn holds_what_was_given_and_nothing_else() {
        let texts = ["", "a", "\0", "\0\0", "germany", "Deutschland", "é", "fifteen letters", "sixteen letters."];
        let set = TextSet::new(texts.iter().map(|text| text.as_bytes()));
        assert!(texts.iter().all(|text| set.contains(text.as_bytes().into())));
        assert!(
            ["b", "\0\0\0", "aa", "germanys", "ger", "fifteen letters.", "sixteen letters"]
                .iter()
                .all(|text| !set.contains(text.as_bytes().into()))
        );
        let followed = texts.map(|text| (text, [text, "_followed by others"].concat()));
        assert!(followed.iter().all(|(text, from)| set.contains(Text::new(from.as_bytes(), text.len()))));
        assert!(!TextSet::new(["x".as_bytes()].into_iter()).contains(b""[..].into()));
    }
}
