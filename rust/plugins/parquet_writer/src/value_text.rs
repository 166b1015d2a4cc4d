//! Values as contracts write them: what a folder says of its records.
use dativo_gate::spell::{push_date, push_decimal, push_time, push_timestamp};
use dativo_plugin::arrow_array::cast::AsArray;
use dativo_plugin::arrow_array::types::*;
use dativo_plugin::arrow_array::{Array, ArrayRef};
use dativo_plugin::arrow_schema::{DataType, TimeUnit};
use std::io::Write;

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
pub fn append(column: &ArrayRef, row: usize, text: &mut Vec<u8>) {
    let _ = match column.data_type() {
        DataType::Utf8 => return text.extend_from_slice(column.as_string::<i32>().value(row).as_bytes()),
        DataType::LargeUtf8 => return text.extend_from_slice(column.as_string::<i64>().value(row).as_bytes()),
        DataType::Int8 => write!(text, "{}", column.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => write!(text, "{}", column.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => write!(text, "{}", column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => write!(text, "{}", column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => write!(text, "{}", column.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt16 => write!(text, "{}", column.as_primitive::<UInt16Type>().value(row)),
        DataType::UInt32 => write!(text, "{}", column.as_primitive::<UInt32Type>().value(row)),
        DataType::Boolean => write!(text, "{}", column.as_boolean().value(row)),
        DataType::Decimal128(_, scale) => {
            let scale = usize::try_from(*scale).unwrap_or_default();
            return push_decimal(text, column.as_primitive::<Decimal128Type>().value(row), scale);
        }
        DataType::Date32 => return push_date(text, column.as_primitive::<Date32Type>().value(row)),
        DataType::Time64(_) => return push_time(text, column.as_primitive::<Time64MicrosecondType>().value(row)),
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            let millis = column.as_primitive::<TimestampMillisecondType>().value(row);
            return push_timestamp(text, millis.saturating_mul(1000), zone.is_some());
        }
        DataType::Timestamp(_, zone) => {
            return push_timestamp(text, column.as_primitive::<TimestampMicrosecondType>().value(row), zone.is_some());
        }
        _ => Ok(()),
    };
}
