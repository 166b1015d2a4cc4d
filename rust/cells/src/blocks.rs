/// Text grows to about this much before it is handed on: large enough for few calls, small enough to stay in a cache.
const BLOCK_BYTES: usize = 512 * 1024;
/// A record that goes beyond it makes the block grow.
const SLACK_BYTES: usize = 16 * 1024;

/// Text in blocks that end behind a record.
#[derive(Default)]
pub struct Blocks {
    full: Vec<Vec<u8>>,
    open: Vec<u8>,
}

impl Blocks {
    /// Where the next record goes.
    #[inline]
    pub fn room(&mut self) -> &mut Vec<u8> {
        if self.open.len() >= BLOCK_BYTES || self.open.capacity() == 0 {
            self.turn();
        }
        &mut self.open
    }

    #[cold]
    fn turn(&mut self) {
        let full = std::mem::replace(&mut self.open, Vec::with_capacity(BLOCK_BYTES + SLACK_BYTES));
        if !full.is_empty() {
            self.full.push(full);
        }
    }

    pub fn finish(mut self) -> Vec<Vec<u8>> {
        if !self.open.is_empty() {
            self.full.push(self.open);
        }
        self.full
    }
}
