//! The hybrid of repeated and packed values that levels and places in a dictionary are written in (RLE).
use super::pack::{GROUP, pack};

/// Keys packed at a time.
const STEP: usize = 128;

pub(super) fn push_varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 127 {
        out.push(value as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn push_zigzag(value: i64, out: &mut Vec<u8>) {
    push_varint((value << 1 ^ value >> 63) as u64, out);
}

/// One value so many times.
pub(super) fn push_repeated(count: usize, value: u32, width: usize, out: &mut Vec<u8>) {
    push_varint((count as u64) << 1, out);
    out.extend(&value.to_le_bytes()[..width.div_ceil(8)]);
}

/// What stands before so many groups of packed values.
pub(super) fn push_packed_header(groups: usize, out: &mut Vec<u8>) {
    push_varint((groups as u64) << 1 | 1, out);
}

/// Values of up to `width` bits: eight and more of the same are repeated, the others packed.
pub(super) fn push_runs(values: &[u32], width: usize, out: &mut Vec<u8>) {
    let (mut packed, mut at) = (0, 0);
    while at < values.len() {
        let repeats = repeats_at(&values[at..], width);
        if repeats > 0 {
            push_packed(&values[packed..at], width, out);
            push_repeated(repeats, values[at], width, out);
            packed = at + repeats;
        }
        at += repeats.max(GROUP);
    }
    push_packed(&values[packed.min(values.len())..], width, out);
}

/// How often the first value comes again, if that fills a group. What has no bits is the same throughout.
fn repeats_at(values: &[u32], width: usize) -> usize {
    if width == 0 {
        return values.len();
    }
    match values.first_chunk::<GROUP>() {
        Some(group) if group.iter().fold(0, |other, value| other | value ^ group[0]) == 0 => {
            values.iter().take_while(|&&value| value == group[0]).count()
        }
        _ => 0,
    }
}

fn push_packed(values: &[u32], width: usize, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    push_packed_header(values.len().div_ceil(GROUP), out);
    for part in values.chunks(STEP) {
        let mut wide = [0; STEP];
        wide.iter_mut().zip(part).for_each(|(wide, &value)| *wide = u64::from(value));
        pack(&wide[..part.len().next_multiple_of(GROUP)], width, out);
    }
}

#[cfg(test)]
mod tests {
    use super::push_runs;

    fn runs(values: &[u32], width: usize) -> Vec<u8> {
        let mut out = Vec::new();
        push_runs(values, width, &mut out);
        out
    }

    #[test]
    fn repeated_packed_and_both() {
        assert_eq!(runs(&[5; 100], 3), [200, 1, 5]);
        assert_eq!(runs(&[0, 1, 2, 3, 4, 5, 6, 7], 3), [3, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        assert_eq!(runs(&[1, 0, 1], 1), [3, 0b101]);
        let both: Vec<u32> = [1, 0, 1, 0, 1, 0, 1, 0].into_iter().chain([1; 20]).chain([0, 1]).collect();
        assert_eq!(runs(&both, 1), [3, 0b0101_0101, 40, 1, 3, 0b10]);
    }

    #[test]
    fn one_value_takes_no_bits() {
        assert_eq!(runs(&[0; 3], 0), [6]);
        assert!(runs(&[], 0).is_empty());
    }
}
