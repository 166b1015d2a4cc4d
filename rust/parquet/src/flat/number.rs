//! Numbers, dates, times and decimals: all that is stored in four or eight bytes.
use super::bounds::{Facts, NumberBounds, Ordered};
use super::column::{Rows, Settings, Values};
use super::delta::Delta;
use super::dictionary::{Dictionary, Entries};
use super::split::Split;
use crate::dictionary::hash_number;
use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use parquet::basic::Encoding;
use parquet::file::statistics::Statistics;

/// A number as the file has it.
pub(super) trait Stored: Ordered + Default {
    const HAS_NANS: bool;

    fn bits(self) -> u64;
    /// One after the other, the lowest byte first.
    fn push_plain(values: &[Self], out: &mut Vec<u8>);
    /// Nothing for an encoding that the type does not have.
    fn encoder(encoding: Encoding) -> Option<Box<dyn Encode<Self>>>;
}

/// Encodes the numbers of a page.
pub(super) trait Encode<S>: Send {
    fn put(&mut self, values: &[S], out: &mut Vec<u8>);

    /// Appends what is left, and to `before` what stands before the first byte.
    fn finish(&mut self, before: &mut Vec<u8>, out: &mut Vec<u8>);
}

struct Plain;

impl<S: Stored> Encode<S> for Plain {
    fn put(&mut self, values: &[S], out: &mut Vec<u8>) {
        S::push_plain(values, out);
    }

    fn finish(&mut self, _before: &mut Vec<u8>, _out: &mut Vec<u8>) {}
}

macro_rules! stored {
    ($type:ty, bits: $bits:expr, nans: $has_nans:literal, $encoding:ident: $encoder:expr) => {
        impl Stored for $type {
            const HAS_NANS: bool = $has_nans;

            fn bits(self) -> u64 {
                $bits(self).into()
            }

            fn push_plain(values: &[Self], out: &mut Vec<u8>) {
                let start = out.len();
                out.resize(start + size_of_val(values), 0);
                let places = out[start..].as_chunks_mut().0;
                places.iter_mut().zip(values).for_each(|(place, value)| *place = value.to_le_bytes());
            }

            fn encoder(encoding: Encoding) -> Option<Box<dyn Encode<Self>>> {
                match encoding {
                    Encoding::PLAIN => Some(Box::new(Plain)),
                    Encoding::$encoding => Some(Box::new($encoder)),
                    _ => None,
                }
            }
        }
    };
}

stored!(i32, bits: i32::cast_unsigned, nans: false, DELTA_BINARY_PACKED: Delta::default());
stored!(i64, bits: i64::cast_unsigned, nans: false, DELTA_BINARY_PACKED: Delta::default());
stored!(f32, bits: f32::to_bits, nans: true, BYTE_STREAM_SPLIT: Split::<4>::new());
stored!(f64, bits: f64::to_bits, nans: true, BYTE_STREAM_SPLIT: Split::<8>::new());

/// A number of Arrow as the number that the file has for it.
pub(super) trait StoredAs<S> {
    fn stored(self) -> S;
}

macro_rules! stored_as {
    ($($from:ty => $to:ty),*) => {
        $(impl StoredAs<$to> for $from {
            fn stored(self) -> $to {
                self as $to
            }
        })*
    };
}

stored_as!(i8 => i32, i16 => i32, i32 => i32, u8 => i32, u16 => i32, u32 => i32, i64 => i64, u64 => i64);
// Of decimals whose digits fit.
stored_as!(i128 => i32, i128 => i64);
stored_as!(f32 => f32, f64 => f64);

/// Appends the numbers of the rows that have one.
type Gather<S> = fn(&Rows<'_>, &mut Vec<S>);

fn gather<T: ArrowPrimitiveType<Native: StoredAs<S>>, S>(rows: &Rows<'_>, out: &mut Vec<S>) {
    let values = rows.column.as_primitive::<T>().values();
    for run in rows.runs() {
        out.extend(values[run].iter().map(|&value| value.stored()));
    }
}

/// Distinct numbers, told apart by their bits.
#[derive(Default)]
struct Distinct<S>(Vec<S>);

impl<S: Stored> Entries for Distinct<S> {
    type Value = S;

    fn hash(value: &S) -> u64 {
        hash_number(value.bits())
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn holds(&self, place: usize, value: &S) -> bool {
        self.0[place].bits() == value.bits()
    }

    fn push(&mut self, value: &S) {
        self.0.push(*value);
    }

    fn bytes(&self) -> usize {
        size_of_val(self.0.as_slice())
    }

    fn into_page(self) -> Vec<u8> {
        let mut page = Vec::new();
        S::push_plain(&self.0, &mut page);
        page
    }
}

pub(super) struct Numbers<S: Stored> {
    gather: Gather<S>,
    is_unsigned: bool,
    /// Those at hand.
    values: Vec<S>,
    bounds: Option<NumberBounds<S>>,
    dictionary: Option<Dictionary<Distinct<S>>>,
    encoding: Encoding,
    encoder: Box<dyn Encode<S>>,
}

impl<S: Stored> Numbers<S> {
    /// Numbers of an Arrow type.
    pub fn of<T: ArrowPrimitiveType<Native: StoredAs<S>>>(is_unsigned: bool) -> Self {
        Self {
            gather: gather::<T, S>,
            is_unsigned,
            values: Vec::new(),
            bounds: None,
            dictionary: None,
            encoding: Encoding::PLAIN,
            encoder: Box::new(Plain),
        }
    }
}

impl<S: Stored> Values for Numbers<S> {
    fn open(&mut self, settings: &Settings) {
        self.bounds = settings.statistics.then(|| NumberBounds::new(self.is_unsigned));
        self.dictionary = settings.dictionary.then(Dictionary::new);
        if let Some(encoder) = S::encoder(settings.encoding) {
            (self.encoding, self.encoder) = (settings.encoding, encoder);
        }
    }

    fn put(&mut self, rows: &Rows<'_>, out: &mut Vec<u8>) {
        self.values.clear();
        (self.gather)(rows, &mut self.values);
        if let Some(bounds) = &mut self.bounds {
            bounds.put(&self.values);
        }
        match &mut self.dictionary {
            Some(dictionary) => self.values.iter().for_each(|value| {
                dictionary.put(value);
            }),
            None => self.encoder.put(&self.values, out),
        }
    }

    fn waiting_bytes(&self) -> usize {
        self.dictionary.as_ref().map_or(0, Dictionary::page_bytes)
    }

    fn finish_page(&mut self, before: &mut Vec<u8>, out: &mut Vec<u8>) -> Encoding {
        match &mut self.dictionary {
            Some(dictionary) => {
                dictionary.finish_page(out);
                Encoding::RLE_DICTIONARY
            }
            None => {
                self.encoder.finish(before, out);
                self.encoding
            }
        }
    }

    fn dictionary_bytes(&self) -> usize {
        self.dictionary.as_ref().map_or(0, Dictionary::bytes)
    }

    fn take_dictionary(&mut self) -> Option<(Vec<u8>, usize)> {
        self.dictionary.take().map(Dictionary::into_page)
    }

    fn statistics(&mut self, facts: Facts) -> Option<Statistics> {
        self.bounds.take().map(|bounds| bounds.statistics(S::HAS_NANS, facts))
    }
}

#[cfg(test)]
mod tests {
    use super::{Distinct, Entries};

    #[test]
    fn doubles_are_told_apart_by_their_bits() {
        let values = [0.0, -0.0, f64::NAN, -f64::NAN];
        let distinct = Distinct(values.to_vec());
        for (place, value) in values.iter().enumerate() {
            let holding: Vec<_> = (0..values.len()).filter(|&place| distinct.holds(place, value)).collect();
            assert_eq!(holding, [place]);
        }
    }
}
