//! The least and the greatest value of a chunk, as the library below finds and cuts them.
use crate::dictionary::first_word;
use parquet::file::statistics::{Statistics, ValueStatistics};

/// Bytes that a footer holds of a long bound.
pub(crate) const BOUND_BYTES: usize = 16;

/// What the statistics of a chunk say besides its bounds.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    pub nulls: u64,
    /// Whether readers of old, which compare with a sign, understand the bounds.
    pub is_signed: bool,
}

/// A number whose keys, which are whole numbers, come in the order of the values.
pub(super) trait Ordered: Copy + Send + 'static {
    type Key: Copy + Ord + Send;
    const LEAST: Self::Key;
    const GREATEST: Self::Key;

    fn key(self, is_unsigned: bool) -> Self::Key;
    /// The number that has this key.
    fn of_key(key: Self::Key, is_unsigned: bool) -> Self;
    fn is_nan(self) -> bool;
    /// `nans` is said of types that have them.
    fn statistics(bounds: Option<(Self, Self)>, nans: Option<u64>, facts: Facts) -> Statistics;
}

macro_rules! statistics {
    () => {
        fn statistics(bounds: Option<(Self, Self)>, nans: Option<u64>, facts: Facts) -> Statistics {
            let (least, greatest) = bounds.unzip();
            ValueStatistics::new(least, greatest, None, Some(facts.nulls), false)
                .with_nan_count(nans)
                .with_backwards_compatible_min_max(facts.is_signed)
                .into()
        }
    };
}

macro_rules! ordered_integer {
    ($type:ty) => {
        impl Ordered for $type {
            type Key = $type;
            const LEAST: $type = <$type>::MIN;
            const GREATEST: $type = <$type>::MAX;

            fn key(self, is_unsigned: bool) -> $type {
                if is_unsigned { self ^ <$type>::MIN } else { self }
            }

            fn of_key(key: $type, is_unsigned: bool) -> $type {
                key.key(is_unsigned)
            }

            fn is_nan(self) -> bool {
                false
            }

            statistics!();
        }
    };
}

/// By IEEE 754's total order, in which -0 is less than 0.
macro_rules! ordered_float {
    ($type:ty, $key:ty) => {
        impl Ordered for $type {
            type Key = $key;
            const LEAST: $key = <$key>::MIN;
            const GREATEST: $key = <$key>::MAX;

            fn key(self, _: bool) -> $key {
                let bits = self.to_bits() as $key;
                if bits < 0 { bits ^ <$key>::MAX } else { bits }
            }

            fn of_key(key: $key, _: bool) -> $type {
                let bits = if key < 0 { key ^ <$key>::MAX } else { key };
                <$type>::from_bits(bits.cast_unsigned())
            }

            fn is_nan(self) -> bool {
                self.is_nan()
            }

            statistics!();
        }
    };
}

ordered_integer!(i32);
ordered_integer!(i64);
ordered_float!(f32, i32);
ordered_float!(f64, i64);

/// Bounds of numbers. NaN is one only where there is nothing else.
pub(super) struct NumberBounds<N: Ordered> {
    is_unsigned: bool,
    numbers: Span<N::Key>,
    nans: Span<N::Key>,
    nan_count: u64,
}

/// No key yet when the least is beyond the greatest.
struct Span<K> {
    least: K,
    greatest: K,
}

impl<K: Copy + Ord> Span<K> {
    fn none<N: Ordered<Key = K>>() -> Self {
        Self { least: N::GREATEST, greatest: N::LEAST }
    }

    fn widen(&mut self, key: K) {
        self.least = self.least.min(key);
        self.greatest = self.greatest.max(key);
    }
}

impl<N: Ordered> NumberBounds<N> {
    pub fn new(is_unsigned: bool) -> Self {
        Self { is_unsigned, numbers: Span::none::<N>(), nans: Span::none::<N>(), nan_count: 0 }
    }

    pub fn put(&mut self, values: &[N]) {
        let mut span = Span::none::<N>();
        for &value in values {
            let key = value.key(self.is_unsigned);
            if value.is_nan() {
                self.nans.widen(key);
                self.nan_count += 1;
            } else {
                span.widen(key);
            }
        }
        self.numbers.least = self.numbers.least.min(span.least);
        self.numbers.greatest = self.numbers.greatest.max(span.greatest);
    }

    pub fn statistics(&self, has_nans: bool, facts: Facts) -> Statistics {
        let bounds = [&self.numbers, &self.nans].into_iter().find(|span| span.least <= span.greatest);
        let of_key = |key| N::of_key(key, self.is_unsigned);
        let nans = (has_nans && bounds.is_some()).then_some(self.nan_count);
        N::statistics(bounds.map(|span| (of_key(span.least), of_key(span.greatest))), nans, facts)
    }
}

/// Bounds of texts and other bytes, in the order of their bytes.
#[derive(Default)]
pub(super) struct TextBounds {
    /// First bytes of the bounds, by which most values are told to lie between them.
    prefixes: Option<(u64, u64)>,
    least: Vec<u8>,
    greatest: Vec<u8>,
}

impl TextBounds {
    pub fn put(&mut self, value: &[u8]) {
        let prefix = first_word(value);
        match self.prefixes {
            Some((least, greatest)) if least < prefix && prefix < greatest => {}
            _ => self.compare(value, prefix),
        }
    }

    /// What begins like a bound is looked at in full.
    fn compare(&mut self, value: &[u8], prefix: u64) {
        let (least, greatest) = self.prefixes.unwrap_or((prefix, prefix));
        let is_first = self.prefixes.is_none();
        self.prefixes = Some((least.min(prefix), greatest.max(prefix)));
        if is_first || value < self.least.as_slice() {
            value.clone_into(&mut self.least);
        }
        if is_first || value > self.greatest.as_slice() {
            value.clone_into(&mut self.greatest);
        }
    }

    /// Long bounds are cut to such as still hold.
    pub fn statistics(&self, is_utf8: bool, facts: Facts) -> Statistics {
        let Some(_) = self.prefixes else {
            return Statistics::byte_array(None, None, None, Some(facts.nulls), false);
        };
        fn text(bytes: &[u8], is_utf8: bool) -> Option<&str> {
            if is_utf8 { std::str::from_utf8(bytes).ok() } else { None }
        }
        let least = cut(&self.least, |bytes| text(bytes, is_utf8).map_or_else(|| cut_bytes(bytes), cut_text));
        let greatest = cut(&self.greatest, |bytes| text(bytes, is_utf8).map_or_else(|| raise_bytes(bytes), raise_text));
        let whole = |bound: &Option<Vec<u8>>, value: &Vec<u8>| bound.clone().unwrap_or_else(|| value.clone()).into();
        Statistics::ByteArray(
            ValueStatistics::new(
                Some(whole(&least, &self.least)),
                Some(whole(&greatest, &self.greatest)),
                None,
                Some(facts.nulls),
                facts.is_signed,
            )
            .with_min_is_exact(least.is_none())
            .with_max_is_exact(greatest.is_none()),
        )
    }
}

/// What stands for a value that is too long; nothing where it stands for itself.
fn cut(value: &[u8], shorten: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    if value.len() > BOUND_BYTES { shorten(value) } else { None }
}

fn cut_bytes(value: &[u8]) -> Option<Vec<u8>> {
    Some(value[..BOUND_BYTES].to_vec())
}

fn cut_text(value: &str) -> Option<Vec<u8>> {
    Some(value.as_bytes()[..value.floor_char_boundary(BOUND_BYTES)].to_vec())
}

/// The shortest bytes that are greater than all that begin like the value.
fn raise_bytes(value: &[u8]) -> Option<Vec<u8>> {
    let last = value[..BOUND_BYTES].iter().rposition(|&byte| byte < u8::MAX)?;
    let mut raised = value[..BOUND_BYTES].to_vec();
    raised[last..].iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
    Some(raised)
}

/// Text that is greater than all that begin like the value: its last character that has a next one of as many bytes.
fn raise_text(value: &str) -> Option<Vec<u8>> {
    let cut = &value[..value.floor_char_boundary(BOUND_BYTES)];
    cut.char_indices().rev().find_map(|(at, last)| {
        let next = char::from_u32(u32::from(last) + 1).filter(|next| next.len_utf8() == last.len_utf8())?;
        let mut raised = cut[..at].to_owned();
        raised.push(next);
        Some(raised.into_bytes())
    })
}
