//! Columns with nothing inside, encoded straight from the buffers of their arrays.
//!
//! The library below takes any column value by value. These take a column at a time: levels come from the bitmap of
//! nulls, lengths from the offsets of texts, and differences are packed by routines made for each width. What comes out
//! is of the same kind: pages of version 1, the same encodings and the same metadata. Other types stay with the library.
mod boolean;
mod bounds;
mod codec;
mod column;
mod delta;
mod dictionary;
mod front;
mod levels;
mod number;
mod pack;
mod pages;
mod runs;
mod split;
#[cfg(test)]
mod tests;
mod text;

use crate::schema::is_json;
use arrow_array::Array;
use arrow_array::types::*;
use arrow_schema::{DataType, Field, TimeUnit};
use boolean::Booleans;
use column::{Column, Values};
use number::Numbers;
use parquet::basic::{Compression, Type};
use parquet::errors::Result;
use parquet::schema::types::ColumnDescPtr;
use text::{ByteArrays, Kind};

pub(crate) use bounds::BOUND_BYTES;
pub(crate) use codec::Codec;
pub(crate) use column::Settings;
pub(crate) use pages::FlatChunk;

/// Writes the chunks of a column, one after the other.
pub(crate) trait FlatColumn: Send {
    /// A chunk begins.
    fn open(&mut self, settings: Settings);

    fn write(&mut self, column: &dyn Array, codec: &mut Codec) -> Result<()>;

    /// Bytes of the chunk so far, encoded or about to be.
    fn memory(&self) -> usize;

    fn close(&mut self, codec: &mut Codec) -> Result<FlatChunk>;
}

/// What writes a field as this column of a file; nothing for types that are left to the library.
pub(crate) fn column_of(field: &Field, leaf: &ColumnDescPtr, compression: Compression) -> Option<Box<dyn FlatColumn>> {
    if !codec::knows(compression) {
        return None;
    }
    let of = Maker { leaf: leaf.clone() };
    let kind = |plain| if is_json(field) { Kind::Json } else { plain };
    Some(match (field.data_type(), leaf.physical_type()) {
        (DataType::Boolean, _) => of.make(Booleans::new()),
        (DataType::Int8, _) => of.make(Numbers::<i32>::of::<Int8Type>(false)),
        (DataType::Int16, _) => of.make(Numbers::<i32>::of::<Int16Type>(false)),
        (DataType::Int32, _) => of.make(Numbers::<i32>::of::<Int32Type>(false)),
        (DataType::Int64, _) => of.make(Numbers::<i64>::of::<Int64Type>(false)),
        (DataType::UInt8, _) => of.make(Numbers::<i32>::of::<UInt8Type>(true)),
        (DataType::UInt16, _) => of.make(Numbers::<i32>::of::<UInt16Type>(true)),
        (DataType::UInt32, _) => of.make(Numbers::<i32>::of::<UInt32Type>(true)),
        (DataType::UInt64, _) => of.make(Numbers::<i64>::of::<UInt64Type>(true)),
        (DataType::Float32, _) => of.make(Numbers::<f32>::of::<Float32Type>(false)),
        (DataType::Float64, _) => of.make(Numbers::<f64>::of::<Float64Type>(false)),
        (DataType::Date32, _) => of.make(Numbers::<i32>::of::<Date32Type>(false)),
        (DataType::Time32(TimeUnit::Second), _) => of.make(Numbers::<i32>::of::<Time32SecondType>(false)),
        (DataType::Time32(_), _) => of.make(Numbers::<i32>::of::<Time32MillisecondType>(false)),
        (DataType::Time64(TimeUnit::Microsecond), _) => of.make(Numbers::<i64>::of::<Time64MicrosecondType>(false)),
        (DataType::Time64(_), _) => of.make(Numbers::<i64>::of::<Time64NanosecondType>(false)),
        (DataType::Timestamp(unit, _), Type::INT64) => match unit {
            TimeUnit::Second => of.make(Numbers::<i64>::of::<TimestampSecondType>(false)),
            TimeUnit::Millisecond => of.make(Numbers::<i64>::of::<TimestampMillisecondType>(false)),
            TimeUnit::Microsecond => of.make(Numbers::<i64>::of::<TimestampMicrosecondType>(false)),
            TimeUnit::Nanosecond => of.make(Numbers::<i64>::of::<TimestampNanosecondType>(false)),
        },
        (DataType::Decimal128(..), Type::INT32) => of.make(Numbers::<i32>::of::<Decimal128Type>(false)),
        (DataType::Decimal128(..), Type::INT64) => of.make(Numbers::<i64>::of::<Decimal128Type>(false)),
        (DataType::Utf8, _) => of.make(ByteArrays::<Utf8Type>::new(kind(Kind::Utf8))),
        (DataType::LargeUtf8, _) => of.make(ByteArrays::<LargeUtf8Type>::new(kind(Kind::Utf8))),
        (DataType::Binary, _) => of.make(ByteArrays::<BinaryType>::new(kind(Kind::Bytes))),
        (DataType::LargeBinary, _) => of.make(ByteArrays::<LargeBinaryType>::new(kind(Kind::Bytes))),
        _ => return None,
    })
}

struct Maker {
    leaf: ColumnDescPtr,
}

impl Maker {
    fn make<V: Values + 'static>(self, values: V) -> Box<dyn FlatColumn> {
        Box::new(Column::new(self.leaf, values))
    }
}
