//! What the host says of the columns that it wants.
use arrow_schema::{DataType, TimeUnit};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct ColumnPlan {
    /// Place among the columns of the file.
    pub index: usize,
    pub name: String,
    pub nullable: bool,
    pub cells: Cells,
}

/// What becomes of the stored values of a column.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cells {
    Boolean,
    Double,
    Integer {
        signed: bool,
    },
    /// All of an unsigned 64-bit integer, as a decimal.
    Uint64,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Date,
    Time {
        unit: Unit,
    },
    Timestamp {
        unit: Unit,
        zoned: bool,
    },
    String,
    Uuid,
    Binary,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    Millis,
    Micros,
    Nanos,
}

impl Cells {
    /// As the host stores such values.
    pub fn arrow(&self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Double => DataType::Float64,
            Self::Integer { .. } => DataType::Int64,
            Self::Uint64 => DataType::Decimal128(20, 0),
            Self::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale as i8),
            Self::Date => DataType::Date32,
            Self::Time { .. } => DataType::Time64(TimeUnit::Microsecond),
            Self::Timestamp { zoned, .. } => DataType::Timestamp(TimeUnit::Microsecond, zoned.then(|| "UTC".into())),
            Self::String | Self::Uuid => DataType::Utf8,
            Self::Binary => DataType::Binary,
        }
    }
}
