//! Numbers side by side, each in the same number of bits, the lowest bits first.

/// So many values fill whole bytes at any width.
pub(super) const GROUP: usize = 8;

/// Appends values, whole groups of them, none of which has more than `width` bits.
pub(super) fn pack(values: &[u64], width: usize, out: &mut Vec<u8>) {
    debug_assert!(values.len().is_multiple_of(GROUP));
    if width > 0 {
        let start = out.len();
        out.resize(start + values.len() / GROUP * width, 0);
        PACKERS[width - 1](values, &mut out[start..]);
    }
}

/// Bits of a number without those that are zero above it.
pub(super) fn width_of(greatest: u64) -> usize {
    (u64::BITS - greatest.leading_zeros()) as usize
}

/// A width known to the compiler leaves shifts by constants, and no branch.
fn pack_groups<const WIDTH: usize>(values: &[u64], out: &mut [u8]) {
    let groups = values.as_chunks::<GROUP>().0;
    for (group, packed) in groups.iter().zip(out.as_chunks_mut::<WIDTH>().0) {
        let mut words = [0; GROUP];
        for (index, value) in group.iter().enumerate() {
            let (word, shift) = (index * WIDTH / 64, index * WIDTH % 64);
            words[word] |= value << shift;
            if shift + WIDTH > 64 {
                words[word + 1] |= value >> (64 - shift);
            }
        }
        for (bytes, word) in packed.chunks_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
        }
    }
}

type Packer = fn(&[u64], &mut [u8]);

macro_rules! packers {
    ($($width:literal)*) => {
        [$(pack_groups::<$width>),*]
    };
}

#[rustfmt::skip]
static PACKERS: [Packer; 64] = packers![
    1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40
    41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64
];

#[cfg(test)]
mod tests {
    use super::{pack, width_of};

    #[test]
    fn every_width_bit_by_bit() {
        for width in 0..=64 {
            let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
            let values: Vec<u64> = (1..=64_u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask).collect();
            let mut packed = vec![7];
            pack(&values, width, &mut packed);
            assert_eq!(packed.len(), 1 + 8 * width);
            let bit = |at: usize| u64::from(packed[1 + at / 8] >> (at % 8) & 1);
            for (index, value) in values.iter().enumerate() {
                let back = (0..width).fold(0, |back, at| back | bit(index * width + at) << at);
                assert_eq!(back, *value, "value {index} of width {width}");
            }
        }
    }

    #[test]
    fn widths() {
        assert_eq!([0, 1, 2, 255, 256, u64::MAX].map(width_of), [0, 1, 2, 8, 9, 64]);
    }
}
