//! Whether a dictionary pays for a column, told from a sample before the first value is encoded.
//!
//! A dictionary tried in vain costs as much as all the rest of a column's encoding: each value is hashed and looked
//! up, until the dictionary grows beyond its page and is given up.
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

/// Rows looked at per column.
const SAMPLE_ROWS: usize = 2048;
/// Fewer values tell nothing.
const MIN_VALUES: usize = 64;
/// A dictionary pays where a value comes back this often in a row group.
const MIN_REPEATS: usize = 4;
/// Bytes of a dictionary page at which the encoder gives it up.
pub(crate) const PAGE_BYTES: usize = 1 << 20;

/// Whether a column of a row group of `rows` rows, of which `first` are at hand, is to start with a dictionary rather
/// than with its other encoding, which takes differences or not. Nested columns always do: their values are not looked at.
pub(crate) fn pays(first: &[&ArrayRef], rows: usize, or_differences: bool) -> bool {
    let Some(mut sample) = Sample::take(first) else {
        return true;
    };
    if sample.values < MIN_VALUES {
        return true;
    }
    let present = rows * sample.values / sample.rows;
    let distinct = sample.distinct(present);
    let bytes = distinct * sample.mean_bytes();
    if distinct * MIN_REPEATS > present || bytes > PAGE_BYTES {
        return false;
    }
    // Bits of all values: as places in a dictionary, with the dictionary, and as differences of either sign.
    let places = present * bits(distinct as u64 - 1) + bytes * 8;
    match sample.span.filter(|_| or_differences) {
        Some((least, most)) => places <= present * (bits(most.abs_diff(least)) + 1),
        None => true,
    }
}

fn bits(greatest: u64) -> usize {
    (u64::BITS - greatest.leading_zeros()) as usize
}

const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

struct Sample {
    rows: usize,
    values: usize,
    bytes: usize,
    hashes: Vec<u64>,
    /// Least and greatest of numbers of up to 64 bits.
    span: Option<(i64, i64)>,
}

impl Sample {
    /// Values at about even distances; nothing for types whose values have no plain bytes.
    fn take(first: &[&ArrayRef]) -> Option<Self> {
        let mut sample = Self { rows: 0, values: 0, bytes: 0, hashes: Vec::with_capacity(SAMPLE_ROWS), span: None };
        let rows: usize = first.iter().map(|column| column.len()).sum();
        let step = rows.div_ceil(SAMPLE_ROWS).max(1);
        first.iter().try_for_each(|column| sample.add_column(column, step))?;
        Some(sample)
    }

    fn add_column(&mut self, column: &ArrayRef, step: usize) -> Option<()> {
        let width = column.data_type().primitive_width();
        let data = column.to_data();
        for start in (0..column.len()).step_by(step) {
            // Somewhere in its step: values that come back in a rhythm would be seen out of proportion.
            let row =
                start + (start as u64).wrapping_mul(MIX).rotate_left(32) as usize % step.min(column.len() - start);
            self.rows += 1;
            if column.is_null(row) {
                continue;
            }
            match (column.data_type(), width) {
                (_, Some(width)) => {
                    let start = (data.offset() + row) * width;
                    let value = &data.buffers()[0][start..start + width];
                    self.add(value);
                    self.span = number(value).map(|number| {
                        let (least, most) = self.span.unwrap_or((number, number));
                        (least.min(number), most.max(number))
                    });
                }
                (DataType::Utf8, _) => self.add(column.as_string::<i32>().value(row).as_bytes()),
                (DataType::LargeUtf8, _) => self.add(column.as_string::<i64>().value(row).as_bytes()),
                (DataType::Utf8View, _) => self.add(column.as_string_view().value(row).as_bytes()),
                (DataType::Binary, _) => self.add(column.as_binary::<i32>().value(row)),
                (DataType::LargeBinary, _) => self.add(column.as_binary::<i64>().value(row)),
                _ => return None,
            }
        }
        Some(())
    }

    fn add(&mut self, value: &[u8]) {
        self.values += 1;
        self.bytes += value.len();
        self.hashes.push(hash(value));
    }

    fn mean_bytes(&self) -> usize {
        self.bytes / self.values
    }

    /// Distinct values to expect among `present`: of D that come equally often, n values show D (1 - e^(-n / D)).
    fn distinct(&mut self, present: usize) -> usize {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        let (values, seen) = (self.values as f64, self.hashes.len() as f64);
        let (mut low, mut high) = (self.hashes.len(), present.max(self.hashes.len()));
        while low < high {
            let middle = low.midpoint(high);
            let shown = -(middle as f64) * (-values / middle as f64).exp_m1();
            if shown < seen { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// A number as Arrow keeps it. A double is taken for one here, and has no encoding of differences.
fn number(value: &[u8]) -> Option<i64> {
    match value.len() {
        4 => value.try_into().ok().map(|bytes| i64::from(i32::from_le_bytes(bytes))),
        8 => value.try_into().ok().map(i64::from_le_bytes),
        // Decimals that fit are written as 64 bits.
        16 => value.try_into().ok().and_then(|bytes| i64::try_from(i128::from_le_bytes(bytes)).ok()),
        _ => None,
    }
}

/// Good enough to tell values apart, and to spread them over a table by the upper bits.
pub(crate) fn hash(value: &[u8]) -> u64 {
    let mut state = value.len() as u64;
    let mut rest = value;
    while let Some((word, after)) = rest.split_first_chunk().filter(|(_, after)| !after.is_empty()) {
        state = mix(state ^ u64::from_le_bytes(*word));
        rest = after;
    }
    // The last word may have bytes of the one before it.
    mix(state ^ value.last_chunk().map_or_else(|| first_word(value), |word| u64::from_be_bytes(*word)))
}

/// The first eight bytes as a number that compares like them; zeros follow a shorter value.
pub(crate) fn first_word(value: &[u8]) -> u64 {
    if let Some(word) = value.first_chunk() {
        return u64::from_be_bytes(*word);
    }
    match (value.first_chunk(), value.last_chunk()) {
        // The two halves have the bytes between them in common.
        (Some(first), Some(last)) => {
            let (first, last) = (u32::from_be_bytes(*first), u32::from_be_bytes(*last));
            u64::from(first) << 32 | u64::from(last) << (8 * (8 - value.len()))
        }
        _ => value.iter().rev().fold(0, |word, &byte| word >> 8 | u64::from(byte) << 56),
    }
}

pub(crate) fn hash_number(bits: u64) -> u64 {
    mix(bits)
}

fn mix(word: u64) -> u64 {
    let product = u128::from(word ^ MIX) * u128::from(MIX);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::{first_word, pays};
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{ArrayRef, Int64Array, StringArray};
    use std::sync::Arc;

    const ROWS: usize = 131_072;

    fn of_distinct(distinct: u64) -> ArrayRef {
        let mut state = 7_u64;
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % distinct) as i64
        };
        Arc::new(Int64Array::from_iter_values(std::iter::repeat_with(next).take(65_536)))
    }

    #[test]
    fn not_for_unique_values() {
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..65_536));
        assert!(!pays(&[&ids], ROWS, true));
        assert!(!pays(&[&of_distinct(100_000)], ROWS, true));
    }

    #[test]
    fn for_values_that_come_back() {
        assert!(pays(&[&of_distinct(30)], ROWS, false));
        assert!(pays(&[&of_distinct(15_000)], ROWS, false));
    }

    #[test]
    fn not_where_differences_are_shorter() {
        assert!(!pays(&[&of_distinct(15_000)], ROWS, true));
        assert!(pays(&[&of_distinct(500)], ROWS, true));
        let apart = of_distinct(15_000).as_primitive::<Int64Type>().unary::<_, Int64Type>(|value| value * 1_000_000);
        let apart: ArrayRef = Arc::new(apart);
        assert!(pays(&[&apart], ROWS, true));
    }

    #[test]
    fn not_where_the_dictionary_would_outgrow_its_page() {
        let long = (0..65_536).map(|i| format!("{:0>400}", i % 10_000));
        let long: ArrayRef = Arc::new(StringArray::from_iter_values(long));
        assert!(!pays(&[&long], ROWS, false));
    }

    #[test]
    fn first_words_compare_like_their_values() {
        let mut values: Vec<&[u8]> =
            vec![b"", b"\0", b"a", b"ab", b"abc", b"abcd", b"abcde", b"abcdefgh", b"b", b"\xff"];
        values.sort_unstable();
        assert!(values.is_sorted_by_key(|value| first_word(value)));
        assert_eq!(
            [&b"a"[..], b"abcde", b"abcdefghi"].map(first_word),
            [0x6100_0000_0000_0000, 0x6162_6364_6500_0000, 0x6162_6364_6566_6768]
        );
    }

    #[test]
    fn few_values_and_nulls_keep_it() {
        let nulls: ArrayRef = Arc::new(Int64Array::new_null(65_536));
        assert!(pays(&[&nulls], ROWS, true));
        let few: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        assert!(pays(&[&few], ROWS, true));
    }
}
