//! The texts that mean "no value".

/// A set of a few short words that is asked once per field: length and first byte spare nearly every comparison.
#[derive(Debug)]
pub struct NullWords {
    words: Vec<Box<[u8]>>,
    has_empty: bool,
    longest: usize,
    /// A bit for each first byte.
    first: [u64; 4],
}

impl NullWords {
    pub fn new(words: &[String]) -> Self {
        let mut first = [0; 4];
        for byte in words.iter().filter_map(|word| word.bytes().next()) {
            first[usize::from(byte >> 6)] |= 1u64 << (byte & 63);
        }
        Self {
            words: words.iter().map(|word| word.as_bytes().into()).collect(),
            has_empty: words.iter().any(String::is_empty),
            longest: words.iter().map(String::len).max().unwrap_or(0),
            first,
        }
    }

    #[inline(always)]
    pub fn contains(&self, text: &[u8]) -> bool {
        match text.first() {
            None => self.has_empty,
            Some(_) if text.len() > self.longest => false,
            Some(byte) => self.first[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1 && self.find(text),
        }
    }

    #[cold]
    fn find(&self, text: &[u8]) -> bool {
        self.words.iter().any(|word| **word == *text)
    }
}
