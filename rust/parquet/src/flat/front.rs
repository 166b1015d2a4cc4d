//! Bytes with room before them.

/// Most pages need less before their values: levels, and the lengths of texts.
const ROOM: usize = 8192;

/// Bytes kept for the next page: one value may have had far more.
pub(super) const KEPT: usize = 8 << 20;

/// The values of a page, with room for what stands before them and is known last, so that they need not be moved.
pub(super) struct Front {
    bytes: Vec<u8>,
}

impl Front {
    pub fn new() -> Self {
        Self { bytes: vec![0; ROOM] }
    }

    /// Where values are appended.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    pub fn len(&self) -> usize {
        self.bytes.len() - ROOM
    }

    /// All bytes, with these before them; they are then let go.
    pub fn finish(&mut self, before: &[u8]) -> Finished<'_> {
        let start = if before.len() <= ROOM {
            let start = ROOM - before.len();
            self.bytes[start..ROOM].copy_from_slice(before);
            start
        } else {
            self.bytes.splice(..ROOM, before.iter().copied());
            0
        };
        Finished { front: self, start }
    }
}

pub(super) struct Finished<'a> {
    front: &'a mut Front,
    start: usize,
}

impl Finished<'_> {
    pub fn bytes(&self) -> &[u8] {
        &self.front.bytes[self.start..]
    }
}

impl Drop for Finished<'_> {
    fn drop(&mut self) {
        self.front.bytes.resize(ROOM, 0);
        self.front.bytes.shrink_to(KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::{Front, ROOM};

    #[test]
    fn little_and_much_before_them() {
        let mut front = Front::new();
        for length in [0, 1, ROOM, ROOM + 1, 3 * ROOM] {
            front.tail().extend([1, 2, 3]);
            assert_eq!(front.len(), 3);
            let before = vec![7; length];
            assert_eq!(front.finish(&before).bytes(), [before, vec![1, 2, 3]].concat());
            assert_eq!(front.len(), 0);
        }
    }
}
