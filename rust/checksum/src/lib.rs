//! What a column holds, whatever the order of its records: how many values and nulls, and the sum of the values' hashes.
//!
//! The same in `lib/contract/value-hash.ts`; `test/vectors/checksums.json` holds both to it. The hash tells accidents,
//! not forgeries, and is made for its price: two multiplications for a value of fixed width.
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType, GenericByteArray, PrimitiveArray};
use arrow_buffer::ArrowNativeType;
use arrow_schema::{DataType, Field, TimeUnit};
use serde_json::{Value, json};
use std::ops::Range;

/// Of one column of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnChecksum {
    pub name: String,
    pub values: u64,
    pub nulls: u64,
    /// The type whose values were summed, as contracts spell it, and their sum modulo 2^128. None for lists, objects and
    /// types that contracts have not.
    pub sum: Option<(String, u128)>,
}

impl ColumnChecksum {
    /// Of some records of a column.
    pub fn of(field: &Field, column: &dyn Array) -> Self {
        let mut sum = ColumnSum::new(field);
        sum.add(column);
        sum.build()
    }

    /// Adds what the same column holds elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.values += other.values;
        self.nulls += other.nulls;
        if let (Some((_, all)), Some((_, more))) = (&mut self.sum, &other.sum) {
            *all = all.wrapping_add(*more);
        }
    }

    /// As receipts have it.
    pub fn to_json(&self) -> Value {
        let mut json = json!({ "name": self.name, "values": self.values, "nulls": self.nulls });
        if let Some((kind, sum)) = &self.sum {
            json["type"] = kind.as_str().into();
            json["sum"] = format!("{sum:032x}").into();
        }
        json
    }

    /// Of so many times the same records.
    pub fn times(&self, count: u64) -> Self {
        let sum = self.sum.as_ref().map(|(name, sum)| (name.clone(), sum.wrapping_mul(count.into())));
        Self { name: self.name.clone(), values: self.values * count, nulls: self.nulls * count, sum }
    }
}

/// Sums a column while its records pass.
pub struct ColumnSum {
    name: String,
    kind: Option<Kind>,
    type_name: String,
    values: u64,
    nulls: u64,
    sum: u128,
}

/// How the values of a column are hashed.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Double,
    Decimal,
    Boolean,
    Date,
    Time,
    Timestamp,
    Zoned,
    Binary,
}

impl ColumnSum {
    pub fn new(field: &Field) -> Self {
        let (kind, type_name) = match kind_of(field) {
            Some((kind, name)) => (Some(kind), name),
            None => (None, String::new()),
        };
        Self { name: field.name().clone(), kind, type_name, values: 0, nulls: 0, sum: 0 }
    }

    pub fn add(&mut self, column: &dyn Array) {
        let nulls = column.logical_null_count();
        self.nulls += nulls as u64;
        self.values += (column.len() - nulls) as u64;
        if let Some(kind) = self.kind {
            self.sum = self.sum.wrapping_add(sum_of(column, kind.seed()));
        }
    }

    pub fn build(&self) -> ColumnChecksum {
        let sum = self.kind.map(|_| (self.type_name.clone(), self.sum));
        ColumnChecksum { name: self.name.clone(), values: self.values, nulls: self.nulls, sum }
    }
}

/// Whether a column is text that holds one JSON value: a free-form object or array of a contract.
pub fn is_json(field: &Field) -> bool {
    field.metadata().get("ARROW:extension:name").is_some_and(|name| name == "arrow.json")
        && matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Binary)
}

fn kind_of(field: &Field) -> Option<(Kind, String)> {
    if is_json(field) {
        return None;
    }
    let (kind, name) = match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => (Kind::Text, "string"),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => (Kind::Integer, "integer"),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => (Kind::Integer, "integer"),
        DataType::Float32 | DataType::Float64 => (Kind::Double, "double"),
        DataType::Decimal128(precision, scale) => {
            return Some((Kind::Decimal, format!("decimal({precision},{scale})")));
        }
        DataType::Boolean => (Kind::Boolean, "boolean"),
        DataType::Date32 => (Kind::Date, "date"),
        DataType::Time32(TimeUnit::Millisecond) | DataType::Time64(TimeUnit::Microsecond) => (Kind::Time, "time"),
        DataType::Timestamp(TimeUnit::Millisecond | TimeUnit::Microsecond, None) => (Kind::Timestamp, "timestamp"),
        DataType::Timestamp(TimeUnit::Millisecond | TimeUnit::Microsecond, Some(_)) => (Kind::Zoned, "timestamptz"),
        DataType::Binary | DataType::LargeBinary => (Kind::Binary, "binary"),
        _ => return None,
    };
    Some((kind, name.to_owned()))
}

impl Kind {
    /// Keeps equal words of different kinds apart.
    fn seed(self) -> u64 {
        mix(match self {
            Self::Text => 1,
            Self::Integer => 2,
            Self::Double => 3,
            Self::Decimal => 4,
            Self::Boolean => 5,
            Self::Date => 6,
            Self::Time => 7,
            Self::Timestamp => 8,
            Self::Zoned => 9,
            Self::Binary => 10,
        })
    }
}

/// The sum of the hashes of the values of a column, of a type that [`kind_of`] knows.
fn sum_of(column: &dyn Array, seed: u64) -> u128 {
    let integer = |word: i64| word as u64;
    match column.data_type() {
        DataType::Utf8 => texts(column.as_bytes::<Utf8Type>(), seed),
        DataType::LargeUtf8 => texts(column.as_bytes::<LargeUtf8Type>(), seed),
        DataType::Binary => texts(column.as_bytes::<BinaryType>(), seed),
        DataType::LargeBinary => texts(column.as_bytes::<LargeBinaryType>(), seed),
        DataType::Int8 => words(column.as_primitive::<Int8Type>(), seed, |v| integer(v.into())),
        DataType::Int16 => words(column.as_primitive::<Int16Type>(), seed, |v| integer(v.into())),
        DataType::Int32 => words(column.as_primitive::<Int32Type>(), seed, |v| integer(v.into())),
        DataType::Int64 => words(column.as_primitive::<Int64Type>(), seed, integer),
        DataType::UInt8 => words(column.as_primitive::<UInt8Type>(), seed, u64::from),
        DataType::UInt16 => words(column.as_primitive::<UInt16Type>(), seed, u64::from),
        DataType::UInt32 => words(column.as_primitive::<UInt32Type>(), seed, u64::from),
        DataType::Float32 => words(column.as_primitive::<Float32Type>(), seed, |v| bits(v.into())),
        DataType::Float64 => words(column.as_primitive::<Float64Type>(), seed, bits),
        DataType::Decimal128(..) => decimals(column.as_primitive::<Decimal128Type>(), seed),
        DataType::Boolean => booleans(column, seed),
        DataType::Date32 => words(column.as_primitive::<Date32Type>(), seed, |v| integer(v.into())),
        DataType::Time32(_) => {
            words(column.as_primitive::<Time32MillisecondType>(), seed, |v| integer(i64::from(v) * 1000))
        }
        DataType::Time64(_) => words(column.as_primitive::<Time64MicrosecondType>(), seed, integer),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            words(column.as_primitive::<TimestampMillisecondType>(), seed, |v| integer(v.wrapping_mul(1000)))
        }
        DataType::Timestamp(..) => words(column.as_primitive::<TimestampMicrosecondType>(), seed, integer),
        _ => 0,
    }
}

fn words<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, seed: u64, word: impl Fn(T::Native) -> u64) -> u128 {
    let values = column.values();
    runs(column).map(|run| values[run].iter().map(|&value| u128::from(mix(seed ^ word(value)))).sum::<u128>()).sum()
}

fn decimals(column: &PrimitiveArray<Decimal128Type>, seed: u64) -> u128 {
    // The high word is hashed with the hash of the low one.
    let hash = |value: i128| u128::from(mix(mix(seed ^ value as u64) ^ (value >> 64) as u64));
    runs(column).map(|run| column.values()[run].iter().map(|&value| hash(value)).sum::<u128>()).sum()
}

fn booleans(column: &dyn Array, seed: u64) -> u128 {
    let column = column.as_boolean();
    let (yes, no) = (column.true_count() as u128, column.false_count() as u128);
    yes * u128::from(mix(seed ^ 1)) + no * u128::from(mix(seed))
}

fn texts<T: ByteArrayType>(column: &GenericByteArray<T>, seed: u64) -> u128 {
    let (offsets, bytes) = (column.value_offsets(), column.value_data());
    let at = |row: usize| offsets[row].as_usize();
    let hash = |row: usize| u128::from(text(bytes, at(row)..at(row + 1), seed));
    runs(column).map(|run| run.map(hash).sum::<u128>()).sum()
}

/// Rows, one after the other, that have a value.
fn runs(column: &dyn Array) -> impl Iterator<Item = Range<usize>> {
    let nulls = column.nulls().filter(|nulls| nulls.null_count() > 0);
    let all = nulls.is_none().then(|| 0..column.len());
    let valid = nulls.into_iter().flat_map(|nulls| nulls.valid_slices());
    all.into_iter().chain(valid.map(|(from, to)| from..to))
}

const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
const SPREAD_SECOND: u64 = 0xc2b2_ae3d_27d4_eb4f;
const SECOND: u64 = 0x1656_67b1_9e37_79f9;

/// Of bytes, two words of eight at a time. The last two may overlap those before them: so values of most lengths take the
/// same steps, which a processor foresees. The length, which is hashed as well, tells what overlaps.
fn text(bytes: &[u8], part: Range<usize>, seed: u64) -> u64 {
    let length = part.len();
    let mut hash = seed ^ (length as u64).wrapping_mul(SPREAD);
    if length <= 8 {
        return mix(hash ^ short_word(bytes, part));
    }
    let value = &bytes[part];
    let mut at = 0;
    while length - at > 16 {
        hash = absorb(hash, word(value, at), word(value, at + 8));
        at += 16;
    }
    mix(absorb(hash, word(value, length.saturating_sub(16)), word(value, length - 8)))
}

fn absorb(hash: u64, first: u64, second: u64) -> u64 {
    let one = (hash ^ first).wrapping_mul(SPREAD);
    let two = (second ^ SECOND).wrapping_mul(SPREAD_SECOND);
    (one ^ (one >> 32)).wrapping_add(two ^ (two >> 32))
}

fn word(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight))
}

/// Up to eight bytes, filled up with zeros. Most often so many follow, of the values behind, and one load gets them all.
fn short_word(bytes: &[u8], part: Range<usize>) -> u64 {
    let length = part.len();
    match bytes[part.start..].first_chunk() {
        Some(_) if length == 0 => 0,
        Some(eight) => u64::from_le_bytes(*eight) & (u64::MAX >> (64 - 8 * length)),
        None => bytes[part].iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// NaN has many spellings in bits, and is one value.
fn bits(value: f64) -> u64 {
    if value.is_nan() { 0x7ff8 << 48 } else { value.to_bits() }
}

/// Spreads every bit over all of them, and keeps different words different (the end of MurmurHash3).
fn mix(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}
