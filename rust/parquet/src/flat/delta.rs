//! DELTA_BINARY_PACKED: the differences of numbers, less the least of their block, in as few bits as a part of it needs.
use super::number::Encode;
use super::pack::{pack, width_of};
use super::runs::{push_varint, push_zigzag};

/// Parts of a block, each of which has a width of its own.
const PARTS: usize = 8;
/// Values of a part of a block. The head of a block is 10 bytes: in small ones, as the library writes them, it takes 1 % of
/// a column, which is more than their closer widths save (measured).
const PART: usize = 256;
const BLOCK: usize = PART * PARTS;

pub(super) trait Integer: Copy + Default + Send + 'static {
    /// The difference as it is in the type, which may wrap around.
    fn minus(self, other: Self) -> i64;

    fn widen(self) -> i64;
}

impl Integer for i32 {
    fn minus(self, other: Self) -> i64 {
        i64::from(self.wrapping_sub(other))
    }

    fn widen(self) -> i64 {
        i64::from(self)
    }
}

impl Integer for i64 {
    fn minus(self, other: Self) -> i64 {
        self.wrapping_sub(other)
    }

    fn widen(self) -> i64 {
        self
    }
}

/// The numbers of a page. Blocks are written when they are full; what stands before the first is known at the end.
pub(super) struct Delta<I> {
    count: usize,
    first: I,
    last: I,
    differences: [i64; BLOCK],
    /// Differences that wait for their block to be full.
    waiting: usize,
}

impl<I: Integer> Delta<I> {
    fn push_block(&mut self, blocks: &mut Vec<u8>) {
        let differences = &self.differences[..self.waiting];
        let least = differences.iter().copied().min().unwrap_or_default();
        push_zigzag(least, blocks);
        let widths = blocks.len();
        // Parts that have no values have no width and no bytes.
        blocks.extend([0; PARTS]);
        for (index, part) in differences.chunks(PART).enumerate() {
            let mut above = [0; PART];
            above.iter_mut().zip(part).for_each(|(above, value)| *above = value.wrapping_sub(least) as u64);
            let width = width_of(above.iter().fold(0, |bits, above| bits | above));
            blocks[widths + index] = width as u8;
            pack(&above, width, blocks);
        }
        self.waiting = 0;
    }
}

impl<I: Integer> Default for Delta<I> {
    fn default() -> Self {
        Self { count: 0, first: I::default(), last: I::default(), differences: [0; BLOCK], waiting: 0 }
    }
}

impl<I: Integer> Encode<I> for Delta<I> {
    fn put(&mut self, mut values: &[I], blocks: &mut Vec<u8>) {
        if let (0, Some((&first, rest))) = (self.count, values.split_first()) {
            (self.first, self.last) = (first, first);
            self.count = 1;
            values = rest;
        }
        self.count += values.len();
        while !values.is_empty() {
            let (now, rest) = values.split_at(values.len().min(BLOCK - self.waiting));
            for (difference, &value) in self.differences[self.waiting..].iter_mut().zip(now) {
                *difference = value.minus(self.last);
                self.last = value;
            }
            self.waiting += now.len();
            values = rest;
            if self.waiting == BLOCK {
                self.push_block(blocks);
            }
        }
    }

    fn finish(&mut self, header: &mut Vec<u8>, blocks: &mut Vec<u8>) {
        if self.waiting > 0 {
            self.push_block(blocks);
        }
        push_varint(BLOCK as u64, header);
        push_varint(PARTS as u64, header);
        push_varint(self.count as u64, header);
        push_zigzag(self.first.widen(), header);
        (self.count, self.first) = (0, I::default());
    }
}

#[cfg(test)]
mod tests {
    use super::Delta;
    use crate::flat::number::Encode;

    /// The examples of the format's description, in larger blocks.
    #[test]
    fn as_the_format_describes_it() {
        let encode = |values: &[i32]| {
            let (mut header, mut blocks, mut delta) = (Vec::new(), Vec::new(), Delta::default());
            delta.put(values, &mut blocks);
            delta.finish(&mut header, &mut blocks);
            (header, blocks)
        };
        assert_eq!(encode(&[1, 2, 3, 4, 5]), (vec![128, 16, 8, 5, 2], vec![2, 0, 0, 0, 0, 0, 0, 0, 0]));
        let (header, blocks) = encode(&[7, 5, 3, 1, 2, 3, 4, 5]);
        assert_eq!(header, [128, 16, 8, 8, 14]);
        assert_eq!(blocks[..11], [3, 2, 0, 0, 0, 0, 0, 0, 0, 0b1100_0000, 0b0011_1111]);
        assert_eq!(blocks[11..], [0; 62]);
        assert_eq!(encode(&[]), (vec![128, 16, 8, 0, 0], vec![]));
    }
}
