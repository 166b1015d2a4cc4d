//! The data types, in the one spelling that a normalised contract has.

use arrow_schema::{DataType as ArrowType, TimeUnit};
use std::fmt;

/// A type as `formatType` of `lib/contract/types.ts` spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataType {
    String,
    Integer,
    Double,
    Boolean,
    Date,
    Time,
    Binary,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Timestamp {
        zoned: bool,
    },
    /// An array or object: its conversion stays with the host.
    Nested(String),
}

impl DataType {
    /// Reads the normalised spelling; `None` for anything that is no type.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "string" => Self::String,
            "integer" => Self::Integer,
            "double" => Self::Double,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "time" => Self::Time,
            "binary" => Self::Binary,
            "timestamp" => Self::Timestamp { zoned: false },
            "timestamptz" => Self::Timestamp { zoned: true },
            _ if text.starts_with("array") || text.starts_with("object") => Self::Nested(text.to_owned()),
            _ => return parse_decimal(text),
        })
    }

    /// The bare name, without precision or zone.
    pub fn kind(&self) -> &str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Time => "time",
            Self::Binary => "binary",
            Self::Decimal { .. } => "decimal",
            Self::Timestamp { .. } => "timestamp",
            Self::Nested(text) if text.starts_with("array") => "array",
            Self::Nested(_) => "object",
        }
    }

    /// What Arrow calls it; nested types have none here.
    pub fn arrow(&self) -> Option<ArrowType> {
        Some(match self {
            Self::String => ArrowType::Utf8,
            Self::Integer => ArrowType::Int64,
            Self::Double => ArrowType::Float64,
            Self::Boolean => ArrowType::Boolean,
            Self::Date => ArrowType::Date32,
            Self::Time => ArrowType::Time64(TimeUnit::Microsecond),
            Self::Binary => ArrowType::Binary,
            Self::Decimal { precision, scale } => ArrowType::Decimal128(*precision, *scale as i8),
            Self::Timestamp { zoned } => ArrowType::Timestamp(TimeUnit::Microsecond, zoned.then(|| "UTC".into())),
            Self::Nested(_) => return None,
        })
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Timestamp { zoned: true } => f.write_str("timestamptz"),
            Self::Nested(text) => f.write_str(text),
            other => f.write_str(other.kind()),
        }
    }
}

fn parse_decimal(text: &str) -> Option<DataType> {
    let (precision, scale) = text.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
    let (precision, scale) = (precision.parse().ok()?, scale.parse().ok()?);
    let fits = (1..=38).contains(&precision) && scale <= precision;
    fits.then_some(DataType::Decimal { precision, scale })
}
