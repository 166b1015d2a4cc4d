//! Values as contracts write them: what a folder says of its records.
use dativo_plugin::arrow_array::cast::AsArray;
use dativo_plugin::arrow_array::types::*;
use dativo_plugin::arrow_array::{Array, ArrayRef};
use dativo_plugin::arrow_schema::{DataType, TimeUnit};
use std::fmt::Write;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Whether values of a type are names of folders.
pub fn is_known(data_type: &DataType) -> bool {
    use DataType::*;
    matches!(
        data_type,
        Utf8 | LargeUtf8
            | Int8
            | Int16
            | Int32
            | Int64
            | UInt8
            | UInt16
            | UInt32
            | Decimal128(..)
            | Boolean
            | Date32
            | Time64(TimeUnit::Microsecond)
            | Timestamp(TimeUnit::Millisecond | TimeUnit::Microsecond, _)
    )
}

/// Appends the text of a value of a type that [`is_known`]. There must be one.
pub fn append(column: &ArrayRef, row: usize, text: &mut String) {
    let _ = match column.data_type() {
        DataType::Utf8 => return text.push_str(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => return text.push_str(column.as_string::<i64>().value(row)),
        DataType::Int8 => write!(text, "{}", column.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => write!(text, "{}", column.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => write!(text, "{}", column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => write!(text, "{}", column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => write!(text, "{}", column.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt16 => write!(text, "{}", column.as_primitive::<UInt16Type>().value(row)),
        DataType::UInt32 => write!(text, "{}", column.as_primitive::<UInt32Type>().value(row)),
        DataType::Boolean => write!(text, "{}", column.as_boolean().value(row)),
        DataType::Decimal128(_, scale) => {
            return decimal(column.as_primitive::<Decimal128Type>().value(row), *scale, text);
        }
        DataType::Date32 => return date(column.as_primitive::<Date32Type>().value(row).into(), text),
        DataType::Time64(_) => return time(column.as_primitive::<Time64MicrosecondType>().value(row), text),
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            let millis = column.as_primitive::<TimestampMillisecondType>().value(row);
            return timestamp(millis.saturating_mul(1000), zone.is_some(), text);
        }
        DataType::Timestamp(_, zone) => {
            return timestamp(column.as_primitive::<TimestampMicrosecondType>().value(row), zone.is_some(), text);
        }
        _ => Ok(()),
    };
}

fn decimal(unscaled: i128, scale: i8, text: &mut String) {
    let scale = usize::try_from(scale).unwrap_or_default();
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    let point = if scale == 0 { "" } else { "." };
    let _ = write!(text, "{sign}{whole}{point}{fraction}");
}

fn timestamp(micros: i64, is_zoned: bool, text: &mut String) {
    date(micros.div_euclid(MICROS_PER_DAY), text);
    text.push('T');
    time(micros.rem_euclid(MICROS_PER_DAY), text);
    if is_zoned {
        text.push('Z');
    }
}

fn time(micros: i64, text: &mut String) {
    let seconds = micros / 1_000_000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let _ = write!(text, "{hour:02}:{minute:02}:{second:02}.{:06}", micros % 1_000_000);
}

/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
fn date(days: i64, text: &mut String) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let _ = write!(text, "{year:04}-{month:02}-{day:02}");
}
