//! The texts that mean "no value".

/// A set of a few short words; whoever asks has looked at length and first byte before.
#[derive(Debug)]
pub struct NullWords {
    words: Vec<Box<[u8]>>,
    has_empty: bool,
}

impl NullWords {
    pub fn new(words: &[String]) -> Self {
        let has_empty = words.iter().any(String::is_empty);
        Self { words: words.iter().map(|word| word.as_bytes().into()).collect(), has_empty }
    }

    #[inline]
    pub fn contains(&self, text: &[u8]) -> bool {
        if text.is_empty() { self.has_empty } else { self.words.iter().any(|word| **word == *text) }
    }
}
