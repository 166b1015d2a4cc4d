//! BYTE_STREAM_SPLIT: the first bytes of all numbers, then the second ones, and so on.
use super::number::{Encode, Stored};

pub(super) struct Split<const WIDTH: usize> {
    /// Numbers of the page.
    count: usize,
    plain: Vec<u8>,
}

impl<const WIDTH: usize> Split<WIDTH> {
    pub fn new() -> Self {
        Self { count: 0, plain: Vec::new() }
    }
}

impl<const WIDTH: usize, S: Stored> Encode<S> for Split<WIDTH> {
    fn put(&mut self, values: &[S], out: &mut Vec<u8>) {
        S::push_plain(values, out);
        self.count += values.len();
    }

    fn finish(&mut self, _before: &mut Vec<u8>, out: &mut Vec<u8>) {
        let start = out.len() - self.count * WIDTH;
        self.plain.clear();
        self.plain.extend_from_slice(&out[start..]);
        split::<WIDTH>(&self.plain, &mut out[start..]);
        self.count = 0;
    }
}

fn split<const WIDTH: usize>(plain: &[u8], out: &mut [u8]) {
    let numbers = plain.as_chunks::<WIDTH>().0;
    for (index, stream) in out.chunks_exact_mut(numbers.len().max(1)).enumerate() {
        stream.iter_mut().zip(numbers).for_each(|(byte, number)| *byte = number[index]);
    }
}

#[cfg(test)]
mod tests {
    use super::Split;
    use crate::flat::number::Encode;

    #[test]
    fn byte_by_byte() {
        let (mut split, mut out) = (Split::<4>::new(), vec![9]);
        for _ in 0..2 {
            Encode::<i32>::put(&mut split, &[0x0403_0201, 0x0807_0605], &mut out);
            Encode::<i32>::finish(&mut split, &mut Vec::new(), &mut out);
        }
        assert_eq!(out, [9, 1, 5, 2, 6, 3, 7, 4, 8, 1, 5, 2, 6, 3, 7, 4, 8]);
        Encode::<i32>::finish(&mut split, &mut Vec::new(), &mut out);
        assert_eq!(out.len(), 17);
    }
}
