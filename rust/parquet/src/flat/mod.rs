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

use arrow_array::Array;
use arrow_array::types::*;
use arrow_schema::{DataType, Field, TimeUnit};
use boolean::Booleans;
use column::{Column, Values};
use dativo_checksum::is_json;
use number::{Numbers, Stored, StoredAs};
use parquet::basic::{Compression, SortOrder, Type};
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
    let of = Maker { leaf, is_json: is_json(field) };
    Some(match (field.data_type(), leaf.physical_type()) {
        (DataType::Boolean, _) => of.column(Booleans::new()),
        (DataType::Int8, _) => of.numbers::<Int8Type, i32>(),
        (DataType::Int16, _) => of.numbers::<Int16Type, i32>(),
        (DataType::Int32, _) => of.numbers::<Int32Type, i32>(),
        (DataType::Int64, _) => of.numbers::<Int64Type, i64>(),
        (DataType::UInt8, _) => of.numbers::<UInt8Type, i32>(),
        (DataType::UInt16, _) => of.numbers::<UInt16Type, i32>(),
        (DataType::UInt32, _) => of.numbers::<UInt32Type, i32>(),
        (DataType::UInt64, _) => of.numbers::<UInt64Type, i64>(),
        (DataType::Float32, _) => of.numbers::<Float32Type, f32>(),
        (DataType::Float64, _) => of.numbers::<Float64Type, f64>(),
        (DataType::Date32, _) => of.numbers::<Date32Type, i32>(),
        (DataType::Time32(TimeUnit::Millisecond), _) => of.numbers::<Time32MillisecondType, i32>(),
        (DataType::Time64(TimeUnit::Microsecond), _) => of.numbers::<Time64MicrosecondType, i64>(),
        (DataType::Time64(TimeUnit::Nanosecond), _) => of.numbers::<Time64NanosecondType, i64>(),
        (DataType::Timestamp(TimeUnit::Millisecond, _), _) => of.numbers::<TimestampMillisecondType, i64>(),
        (DataType::Timestamp(TimeUnit::Microsecond, _), _) => of.numbers::<TimestampMicrosecondType, i64>(),
        (DataType::Timestamp(TimeUnit::Nanosecond, _), _) => of.numbers::<TimestampNanosecondType, i64>(),
        (DataType::Decimal128(..), Type::INT32) => of.numbers::<Decimal128Type, i32>(),
        (DataType::Decimal128(..), Type::INT64) => of.numbers::<Decimal128Type, i64>(),
        (DataType::Utf8, _) => of.texts::<Utf8Type>(Kind::Utf8),
        (DataType::LargeUtf8, _) => of.texts::<LargeUtf8Type>(Kind::Utf8),
        (DataType::Binary, _) => of.texts::<BinaryType>(Kind::Bytes),
        (DataType::LargeBinary, _) => of.texts::<LargeBinaryType>(Kind::Bytes),
        _ => return None,
    })
}

struct Maker<'a> {
    leaf: &'a ColumnDescPtr,
    is_json: bool,
}

impl Maker<'_> {
    fn numbers<T: ArrowPrimitiveType<Native: StoredAs<S>>, S: Stored>(&self) -> Box<dyn FlatColumn> {
        self.column(Numbers::<S>::of::<T>(self.leaf.sort_order() == SortOrder::UNSIGNED))
    }

    fn texts<T: ByteArrayType>(&self, kind: Kind) -> Box<dyn FlatColumn> {
        self.column(ByteArrays::<T>::new(if self.is_json { Kind::Json } else { kind }))
    }

    fn column<V: Values + 'static>(&self, values: V) -> Box<dyn FlatColumn> {
        Box::new(Column::new(self.leaf.clone(), values))
    }
}
