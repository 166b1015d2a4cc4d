//! The distinct values of a chunk, in the order that they come in, and the places in it of a page's values.
use super::pack::width_of;
use super::runs::push_runs;
use crate::dictionary::hash;

/// Distinct values of one type.
pub(super) trait Entries: Default + Send {
    type Value: ?Sized;

    fn hash(value: &Self::Value) -> u64;
    fn len(&self) -> usize;
    fn holds(&self, place: usize, value: &Self::Value) -> bool;
    fn push(&mut self, value: &Self::Value);
    /// Bytes of the dictionary's page.
    fn bytes(&self) -> usize;
    fn into_page(self) -> Vec<u8>;
}

pub(super) struct Dictionary<E> {
    entries: E,
    table: Table,
    /// Places of the values of the page at hand.
    places: Vec<u32>,
}

impl<E: Entries> Dictionary<E> {
    pub fn new() -> Self {
        Self { entries: E::default(), table: Table::new(), places: Vec::new() }
    }

    /// Takes the next value of the page; says whether it is a new one.
    pub fn put(&mut self, value: &E::Value) -> bool {
        let entries = &self.entries;
        let next = entries.len() as u32;
        let place = self.table.find_or_insert(E::hash(value), next, |place| entries.holds(place as usize, value));
        if place == next {
            self.entries.push(value);
        }
        self.places.push(place);
        place == next
    }

    /// Bytes of the page at hand, about.
    pub fn page_bytes(&self) -> usize {
        self.places.len() * self.width() / 8
    }

    /// Bytes of the dictionary.
    pub fn bytes(&self) -> usize {
        self.entries.bytes()
    }

    /// Bits of a place, and the places.
    pub fn finish_page(&mut self, out: &mut Vec<u8>) {
        let width = self.width();
        out.push(width as u8);
        push_runs(&self.places, width, out);
        self.places.clear();
    }

    /// The values one after the other, and how many they are.
    pub fn into_page(self) -> (Vec<u8>, usize) {
        let values = self.entries.len();
        (self.entries.into_page(), values)
    }

    fn width(&self) -> usize {
        width_of(self.entries.len().saturating_sub(1) as u64)
    }
}

#[derive(Clone, Copy)]
struct Slot {
    /// The upper half of the hash. What is looked for starts at a place that its first bits say.
    tag: u32,
    /// Beyond all places when the slot is free.
    place: u32,
}

const FREE: Slot = Slot { tag: 0, place: u32::MAX };
const FIRST_SLOTS_LOG: u32 = 8;

/// Places by the hashes of their values.
struct Table {
    slots: Vec<Slot>,
    slots_log: u32,
    taken: usize,
}

impl Table {
    fn new() -> Self {
        Self { slots: vec![FREE; 1 << FIRST_SLOTS_LOG], slots_log: FIRST_SLOTS_LOG, taken: 0 }
    }

    /// The place of a value; `next` where it had none, which is then its place.
    fn find_or_insert(&mut self, hash: u64, next: u32, is_at: impl Fn(u32) -> bool) -> u32 {
        let tag = (hash >> 32) as u32;
        let mut at = self.start_of(tag);
        loop {
            let slot = self.slots[at];
            if slot.place == FREE.place {
                self.slots[at] = Slot { tag, place: next };
                self.taken += 1;
                if self.taken * 2 > self.slots.len() {
                    self.grow();
                }
                return next;
            }
            if slot.tag == tag && is_at(slot.place) {
                return slot.place;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    fn start_of(&self, tag: u32) -> usize {
        (tag >> (u32::BITS - self.slots_log)) as usize
    }

    fn grow(&mut self) {
        self.slots_log += 1;
        let old = std::mem::replace(&mut self.slots, vec![FREE; 1 << self.slots_log]);
        for slot in old.into_iter().filter(|slot| slot.place != FREE.place) {
            let mut at = self.start_of(slot.tag);
            while self.slots[at].place != FREE.place {
                at = (at + 1) & (self.slots.len() - 1);
            }
            self.slots[at] = slot;
        }
    }
}

/// Texts as a dictionary page has them: each after its length.
#[derive(Default)]
pub(super) struct Texts {
    page: Vec<u8>,
    ends: Vec<usize>,
}

/// Bytes of a length.
pub(super) const LENGTH: usize = 4;

impl Entries for Texts {
    type Value = [u8];

    fn hash(value: &[u8]) -> u64 {
        hash(value)
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn holds(&self, place: usize, value: &[u8]) -> bool {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]) + LENGTH;
        self.page[start..self.ends[place]] == *value
    }

    fn push(&mut self, value: &[u8]) {
        self.page.extend((value.len() as u32).to_le_bytes());
        self.page.extend_from_slice(value);
        self.ends.push(self.page.len());
    }

    fn bytes(&self) -> usize {
        self.page.len()
    }

    fn into_page(self) -> Vec<u8> {
        self.page
    }
}

#[cfg(test)]
mod tests {
    use super::{Dictionary, Entries, Texts};

    /// Numbers that look the same until they are compared.
    #[derive(Default)]
    struct Alike(Vec<u8>);

    impl Entries for Alike {
        type Value = u8;

        fn hash(_: &u8) -> u64 {
            u64::MAX
        }

        fn len(&self) -> usize {
            self.0.len()
        }

        fn holds(&self, place: usize, value: &u8) -> bool {
            self.0[place] == *value
        }

        fn push(&mut self, value: &u8) {
            self.0.push(*value);
        }

        fn bytes(&self) -> usize {
            self.0.len()
        }

        fn into_page(self) -> Vec<u8> {
            self.0
        }
    }

    #[test]
    fn one_hash_for_all() {
        let mut dictionary = Dictionary::<Alike>::new();
        let values: Vec<u8> = (0..=255).chain(0..=255).collect();
        values.iter().for_each(|value| {
            dictionary.put(value);
        });
        assert!(dictionary.places.iter().zip(&values).all(|(&place, &value)| place == u32::from(value)));
        assert_eq!(dictionary.into_page(), ((0..=255).collect(), 256));
    }

    #[test]
    fn places_in_the_order_of_appearance() {
        let mut dictionary = Dictionary::<Texts>::new();
        let texts: Vec<_> = (0..5000).map(|i| format!("text {}", i % 1000)).collect();
        let are_new = texts.iter().map(|text| dictionary.put(text.as_bytes())).collect::<Vec<_>>();
        assert!(are_new[..1000].iter().all(|&is_new| is_new) && !are_new[1000..].contains(&true));
        assert_eq!(dictionary.places, (0..5000).map(|i| i % 1000).collect::<Vec<_>>());
        let (page, values) = dictionary.into_page();
        assert_eq!((values, &page[..10]), (1000, &b"\x06\0\0\0text 0"[..]));
    }
}
