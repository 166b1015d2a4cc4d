//! The text of a cell with what stands behind it, so that a short text can be loaded as a whole word.

#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// From the first byte of the text to the last one that is at hand.
    from: &'a [u8],
    length: usize,
}

impl<'a> Text<'a> {
    /// The text is the first `length` bytes, of which there are as many at least.
    #[inline(always)]
    pub fn new(from: &'a [u8], length: usize) -> Self {
        debug_assert!(length <= from.len(), "a text lies in the bytes that are at hand");
        Self { from, length }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.length
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    #[inline(always)]
    pub fn bytes(&self) -> &'a [u8] {
        &self.from[..self.length]
    }

    /// The bytes from the first of the text on, whatever stands behind it; `None` at the end of what is at hand.
    #[inline(always)]
    pub fn window<const N: usize>(&self) -> Option<&'a [u8; N]> {
        self.from.first_chunk()
    }
}

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self { from: bytes, length: bytes.len() }
    }
}
