//! Stored values as cells: those of `lib/formats/parquet/decode`.
use super::plan::{Cells, Unit};
use crate::error::Cause;
use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Int32Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BinaryArray, FixedSizeBinaryArray, Float64Array, PrimitiveArray, StringArray};
use arrow_schema::DataType;
use std::ops::RangeInclusive;
use std::sync::Arc;

pub(super) type Outcome = Result<ArrayRef, Cause>;

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// The days of 0001-01-01 and 9999-12-31 since 1970.
const DAYS: RangeInclusive<i64> = -719_162..=2_932_896;

fn unexpected(what: impl ToString) -> Cause {
    Cause::Unfit(what.to_string())
}

/// The values of a stored column, in the type that they shall have.
pub(super) fn to_cells(array: &ArrayRef, cells: &Cells) -> Outcome {
    match (array.data_type(), cells) {
        (DataType::Boolean, Cells::Boolean)
        | (DataType::Float64, Cells::Double)
        | (DataType::Binary, Cells::Binary) => Ok(array.clone()),
        (DataType::Float32, Cells::Double) => {
            let wide: Float64Array = array.as_primitive::<Float32Type>().unary(f64::from);
            Ok(Arc::new(wide))
        }
        (DataType::FixedSizeBinary(_), _) => fixed_cells(array.as_fixed_size_binary(), cells),
        (DataType::Int32, _) => int32_cells(array.as_primitive(), cells),
        (DataType::Int64, _) => int64_cells(array.as_primitive(), cells),
        (DataType::Binary, Cells::String) => text_cells(array.as_binary()),
        (DataType::Binary, Cells::Decimal { precision, scale }) => {
            decimal_cells(array.as_binary::<i32>().iter(), *precision, *scale)
        }
        (stored, _) => Err(unexpected(format!("{stored} as {cells:?}"))),
    }
}

/// Byte arrays of one length.
fn fixed_cells(array: &FixedSizeBinaryArray, cells: &Cells) -> Outcome {
    match (cells, array.value_length()) {
        (Cells::Binary, width) => {
            let mut made = BinaryBuilder::with_capacity(array.len(), array.len() * width as usize);
            array.iter().for_each(|value| made.append_option(value));
            Ok(Arc::new(made.finish()))
        }
        (Cells::Uuid, 16) => {
            let mut made = StringBuilder::with_capacity(array.len(), array.len() * 36);
            array.iter().for_each(|value| made.append_option(value.map(uuid_text)));
            Ok(Arc::new(made.finish()))
        }
        (Cells::Double, 2) => {
            let wide: Float64Array = array.iter().map(|value| value.map(|value| half(value[0], value[1]))).collect();
            Ok(Arc::new(wide))
        }
        (Cells::Decimal { precision, scale }, _) => decimal_cells(array.iter(), *precision, *scale),
        _ => Err(unexpected(format!("{} as {cells:?}", array.data_type()))),
    }
}

fn int32_cells(array: &PrimitiveArray<Int32Type>, cells: &Cells) -> Outcome {
    match cells {
        Cells::Integer { signed: true } => Ok(Arc::new(array.unary::<_, Int64Type>(i64::from))),
        Cells::Integer { signed: false } => Ok(Arc::new(array.unary::<_, Int64Type>(|value| (value as u32).into()))),
        Cells::Date => within::<_, Date32Type>(array, DAYS, |value| value as i32),
        Cells::Time { unit: Unit::Millis } => {
            within::<_, Time64MicrosecondType>(array, 0..=MICROS_PER_DAY / 1000 - 1, |value| value.wrapping_mul(1000))
        }
        Cells::Decimal { precision, scale } => small_decimals(array, *precision, *scale),
        _ => Err(unexpected(format!("a 32-bit integer as {cells:?}"))),
    }
}

fn int64_cells(array: &PrimitiveArray<Int64Type>, cells: &Cells) -> Outcome {
    match cells {
        Cells::Integer { signed: true } => Ok(Arc::new(array.clone())),
        Cells::Uint64 => decimals(array.unary(|value| i128::from(value as u64)), 20, 0),
        Cells::Time { unit } => to_micros::<Time64MicrosecondType>(array, *unit, 0..=MICROS_PER_DAY - 1),
        Cells::Timestamp { unit, zoned } => {
            let range = DAYS.start() * MICROS_PER_DAY..=(DAYS.end() + 1) * MICROS_PER_DAY - 1;
            let made = to_micros::<TimestampMicrosecondType>(array, *unit, range)?;
            let zone = zoned.then_some("UTC");
            Ok(Arc::new(made.as_primitive::<TimestampMicrosecondType>().clone().with_timezone_opt(zone)))
        }
        Cells::Decimal { precision, scale } => small_decimals(array, *precision, *scale),
        _ => Err(unexpected(format!("a 64-bit integer as {cells:?}"))),
    }
}

fn to_micros<T>(array: &PrimitiveArray<Int64Type>, unit: Unit, micros: RangeInclusive<i64>) -> Outcome
where
    T: ArrowPrimitiveType<Native = i64>,
{
    match unit {
        Unit::Micros => within::<_, T>(array, micros, |value| value),
        Unit::Millis => {
            let millis = micros.start() / 1000..=micros.end() / 1000;
            within::<_, T>(array, millis, |value| value.wrapping_mul(1000))
        }
        Unit::Nanos => {
            require(array, |value| value % 1000 == 0)?;
            let whole: PrimitiveArray<Int64Type> = array.unary(|value| value / 1000);
            within::<_, T>(&whole, micros, |value| value)
        }
    }
}

/// The values by another name, when all are within bounds.
fn within<S, T>(array: &PrimitiveArray<S>, bounds: RangeInclusive<i64>, make: impl Fn(i64) -> T::Native) -> Outcome
where
    S: ArrowPrimitiveType<Native: Into<i64>>,
    T: ArrowPrimitiveType,
{
    require(array, |value| bounds.contains(&value.into()))?;
    Ok(Arc::new(array.unary::<_, T>(|value| make(value.into()))))
}

/// What lies under a null may be anything; whether there are nulls is looked at only when something is odd.
fn require<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, holds: impl Fn(T::Native) -> bool) -> Result<(), Cause> {
    let is_sound = array.values().iter().fold(true, |sound, value| sound & holds(*value));
    if is_sound || array.iter().flatten().all(holds) {
        Ok(())
    } else {
        Err(unexpected("a value has no place in its type"))
    }
}

fn small_decimals<S>(array: &PrimitiveArray<S>, precision: u8, scale: u8) -> Outcome
where
    S: ArrowPrimitiveType<Native: Into<i64>>,
{
    let bound = 10_i128.checked_pow(precision.into()).unwrap_or(i128::MAX);
    require(array, |value| i128::from(value.into()).abs() < bound)?;
    decimals(array.unary(|value| i128::from(value.into())), precision, scale)
}

/// Two's complement, the most significant byte first.
fn decimal_cells<'a>(values: impl Iterator<Item = Option<&'a [u8]>>, precision: u8, scale: u8) -> Outcome {
    let bound = 10_i128.checked_pow(precision.into()).unwrap_or(i128::MAX);
    let made = values.map(|value| {
        value
            .map(|bytes| wide_integer(bytes).filter(|wide| wide.abs() < bound))
            .map_or(Ok(None), |wide| wide.map(Some).ok_or_else(|| unexpected("a decimal has too many digits")))
    });
    decimals(made.collect::<Result<_, _>>()?, precision, scale)
}

fn decimals(array: PrimitiveArray<Decimal128Type>, precision: u8, scale: u8) -> Outcome {
    let typed = array.with_precision_and_scale(precision, scale as i8);
    typed.map(|typed| Arc::new(typed) as ArrayRef).map_err(unexpected)
}

fn wide_integer(bytes: &[u8]) -> Option<i128> {
    let fill = if bytes.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
    let (more, low) = bytes.split_at(bytes.len().saturating_sub(16));
    let mut wide = [fill; 16];
    wide[16 - low.len()..].copy_from_slice(low);
    let value = i128::from_be_bytes(wide);
    let is_whole = more.iter().all(|byte| *byte == fill) && (more.is_empty() || (value < 0) == (fill == 0xff));
    (is_whole && value != i128::MIN).then_some(value)
}

fn text_cells(array: &BinaryArray) -> Outcome {
    let values = array.values();
    let ends = array.offsets();
    let (from, to) = (ends[0] as usize, ends[array.len()] as usize);
    let used = &values[from..to];
    if !used.is_ascii() {
        let is_text = simdutf8::basic::from_utf8(used).is_ok();
        // A character that goes on where a text begins belongs to neither.
        let is_cut = |end: &&i32| values.get(**end as usize).is_some_and(|byte| (*byte as i8) < -0x40);
        if !is_text || ends.iter().find(is_cut).is_some_and(|end| (*end as usize) < to) {
            return Err(unexpected("text is not UTF-8"));
        }
    }
    // SAFETY: all of it is UTF-8, and every text begins and ends with a character.
    let text = unsafe { StringArray::new_unchecked(ends.clone(), values.clone(), array.nulls().cloned()) };
    Ok(Arc::new(text))
}

fn uuid_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or_default());
        }
    }
    text
}

/// IEEE 754 binary16.
fn half(low: u8, high: u8) -> f64 {
    let bits = u16::from_le_bytes([low, high]);
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f64::from(bits & 1023);
    match (bits >> 10) & 31 {
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        0 => sign * fraction * 2_f64.powi(-24),
        exponent => sign * (1024.0 + fraction) * 2_f64.powi(i32::from(exponent) - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_integers_are_whole_or_none() {
        assert_eq!(wide_integer(&[]), Some(0));
        assert_eq!(wide_integer(&[0xff]), Some(-1));
        assert_eq!(wide_integer(&[0x01, 0x00]), Some(256));
        assert_eq!(wide_integer(&[0; 20]), Some(0));
        assert_eq!(wide_integer(&[0xff; 20]), Some(-1));
        assert_eq!(wide_integer(&[&[0][..], &[0x80], &[0; 15]].concat()), None);
        assert_eq!(wide_integer(&[&[1][..], &[0; 16]].concat()), None);
    }

    #[test]
    fn texts_end_where_characters_do() {
        let whole = BinaryArray::from_vec(vec!["aé".as_bytes(), b"", "😀".as_bytes()]);
        assert_eq!(text_cells(&whole).unwrap().as_string::<i32>().value(2), "😀");
        let cut = BinaryArray::from_vec(vec![&[b'a', 0xc3][..], &[0xa9]]);
        assert!(text_cells(&cut).is_err());
        assert!(text_cells(&BinaryArray::from_vec(vec![&[0xff]])).is_err());
    }
}
