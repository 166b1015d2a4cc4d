//! Text → a value of a type, or the reason why there is none.
//!
//! The column builders do the same a column at a time; this is the path for one value, and the home of the sentences.

use crate::{DataType, base64, number, show, temporal};

/// Why a text is none of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    Syntax,
    Kind,
    Range,
    Scale,
    Precision,
    Calendar,
    TimeOfDay,
    Unsafe,
}

impl Misfit {
    /// The code that `test/vectors/` knows it by.
    pub fn code(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Kind => "kind",
            Self::Range => "range",
            Self::Scale => "scale",
            Self::Precision => "precision",
            Self::Calendar => "calendar",
            Self::TimeOfDay => "time_of_day",
            Self::Unsafe => "unsafe",
        }
    }
}

/// A value in the representation that Arrow gives its type.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(Vec<u8>),
    Integer(i64),
    Double(f64),
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970-01-01T00:00:00.
    Timestamp(i64),
    /// Unscaled.
    Decimal(i128),
    Binary(Vec<u8>),
}

/// One text, which is valid UTF-8, as a value of a type. Nested types are the host's and misfit here.
pub fn convert(text: &[u8], data_type: &DataType) -> Result<Cell, Misfit> {
    match data_type {
        DataType::String => Ok(Cell::Text(text.to_vec())),
        DataType::Integer => number::parse_integer(text).map(Cell::Integer),
        DataType::Double => number::parse_double(text).map(Cell::Double),
        DataType::Boolean => number::parse_boolean(text).map(Cell::Boolean),
        DataType::Decimal { precision, scale } => number::parse_decimal(text, *precision, *scale).map(Cell::Decimal),
        DataType::Date => temporal::parse_date(text).map(Cell::Date),
        DataType::Time => temporal::parse_time(text).map(Cell::Time),
        DataType::Timestamp { .. } => temporal::parse_timestamp(text).map(Cell::Timestamp),
        DataType::Binary => {
            let mut bytes = Vec::new();
            base64::decode(text, &mut bytes).map(|()| Cell::Binary(bytes))
        }
        DataType::Nested(_) => Err(Misfit::Kind),
    }
}

/// One sentence for a misfit: `"12x" is not an integer`. `shown` is what [`show::show_text`] makes of the value.
pub fn describe_misfit(misfit: Misfit, shown: &str, kind: &str, data_type: &DataType) -> String {
    match misfit {
        Misfit::Syntax => format!("{shown} is not {}", with_article(&data_type.to_string())),
        Misfit::Kind => format!("{shown}, which is {kind}, is not {}", with_article(&data_type.to_string())),
        Misfit::Range if *data_type == DataType::Integer => {
            format!("{shown} does not fit a 64-bit integer")
        }
        Misfit::Range => format!("{shown} does not fit {}", with_article(&data_type.to_string())),
        Misfit::Scale => format!("{shown} has more digits after the point than {data_type} holds"),
        Misfit::Precision => format!("{shown} is finer than a microsecond"),
        Misfit::Calendar => format!("{shown} is not on the calendar or the clock"),
        Misfit::TimeOfDay => format!("{shown} has a time of day, which a date does not hold"),
        Misfit::Unsafe => {
            format!("{shown} is beyond 2^53, where a JavaScript number may have lost digits; give a bigint or text")
        }
    }
}

/// The sentence for a text.
pub(crate) fn describe_text_misfit(misfit: Misfit, text: &str, data_type: &DataType) -> String {
    describe_misfit(misfit, &show::show_text(text), "a string", data_type)
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}
