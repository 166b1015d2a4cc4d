use crate::Fault;
use crate::json::json_key;
use crate::special;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, BooleanArray, GenericByteArray, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, TimeUnit};

/// In the metadata of a field without a type: how its cells lie there.
const LEXICAL: &str = "dativo.lexical";
/// Cells are JSON text of any value.
const LEXICAL_JSON: &str = "json";
/// Arrow's own mark of text that holds JSON.
const EXTENSION: &str = "ARROW:extension:name";
const ARROW_JSON: &str = "arrow.json";

/// A column whose cells are written in their order.
pub struct Column<'a> {
    nulls: Option<&'a NullBuffer>,
    pub values: Values<'a>,
}

pub enum Values<'a> {
    Text(Texts<'a>),
    /// JSON text of values: of fields without a type, or of objects and arrays without a declared inside.
    Json {
        texts: Texts<'a>,
        is_lexical: bool,
    },
    Integer(&'a [i64]),
    Double(&'a [f64]),
    Decimal {
        values: &'a [i128],
        scale: usize,
    },
    Boolean(&'a BooleanArray),
    Date(&'a [i32]),
    Time(&'a [i64]),
    Timestamp {
        values: &'a [i64],
        is_zoned: bool,
    },
    Binary(Texts<'a>),
    List {
        offsets: &'a [i32],
        items: Box<Column<'a>>,
    },
    /// Each member with the text of its key, a colon behind it.
    Struct(Vec<(Vec<u8>, Column<'a>)>),
}

impl<'a> Column<'a> {
    /// Those of a batch.
    pub fn all(rows: &'a RecordBatch) -> Result<Vec<Self>, Fault> {
        rows.schema_ref().fields().iter().zip(rows.columns()).map(|(field, column)| Self::of(field, column)).collect()
    }

    fn of(field: &Field, array: &'a dyn Array) -> Result<Self, Fault> {
        Ok(Self { nulls: array.nulls().filter(|nulls| nulls.null_count() > 0), values: Values::of(field, array)? })
    }

    #[inline]
    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.is_some_and(|nulls| nulls.is_null(row))
    }
}

impl<'a> Values<'a> {
    fn of(field: &Field, array: &'a dyn Array) -> Result<Self, Fault> {
        Ok(match array.data_type() {
            DataType::Utf8 => Self::of_text(field, Texts::of(array.as_bytes::<Utf8Type>())),
            DataType::Binary => Self::Binary(Texts::of(array.as_bytes::<BinaryType>())),
            DataType::Int64 => Self::Integer(array.as_primitive::<Int64Type>().values()),
            DataType::Float64 => Self::Double(array.as_primitive::<Float64Type>().values()),
            DataType::Decimal128(_, scale) => Self::Decimal {
                values: array.as_primitive::<Decimal128Type>().values(),
                scale: usize::try_from(*scale).map_err(|_| unsupported(field))?,
            },
            DataType::Boolean => Self::Boolean(array.as_boolean()),
            DataType::Date32 => Self::Date(array.as_primitive::<Date32Type>().values()),
            DataType::Time64(TimeUnit::Microsecond) => {
                Self::Time(array.as_primitive::<Time64MicrosecondType>().values())
            }
            DataType::Timestamp(TimeUnit::Microsecond, zone) => Self::Timestamp {
                values: array.as_primitive::<TimestampMicrosecondType>().values(),
                is_zoned: zone.is_some(),
            },
            DataType::List(item) => {
                let list = array.as_list::<i32>();
                Self::List { offsets: list.value_offsets(), items: Box::new(Column::of(item, list.values())?) }
            }
            DataType::Struct(fields) => {
                let members = fields.iter().zip(array.as_struct().columns());
                let member = |(field, column): (&'a arrow_schema::FieldRef, &'a arrow_array::ArrayRef)| {
                    Ok((json_key(field.name()), Column::of(field, column)?))
                };
                Self::Struct(members.map(member).collect::<Result<_, _>>()?)
            }
            _ => return Err(unsupported(field)),
        })
    }

    fn of_text(field: &Field, texts: Texts<'a>) -> Self {
        let says = |key: &str, value: &str| field.metadata().get(key).is_some_and(|said| said == value);
        let is_lexical = says(LEXICAL, LEXICAL_JSON);
        if is_lexical || says(EXTENSION, ARROW_JSON) { Self::Json { texts, is_lexical } } else { Self::Text(texts) }
    }
}

fn unsupported(field: &Field) -> Fault {
    Fault::Unsupported(format!("field '{}' of the Arrow type {}", field.name(), field.data_type()))
}

/// Texts or bytes one after another, and how far they are known to hold nothing special.
pub struct Texts<'a> {
    offsets: &'a [i32],
    bytes: &'a [u8],
    /// Before it there is nothing special that was not yet passed.
    clean_to: usize,
}

impl<'a> Texts<'a> {
    fn of<T: ByteArrayType<Offset = i32>>(array: &'a GenericByteArray<T>) -> Self {
        let offsets = array.value_offsets();
        let end = offsets.last().map_or(0, |&end| end as usize);
        Self { offsets, bytes: &array.value_data()[..end], clean_to: 0 }
    }

    #[inline]
    pub fn get(&self, row: usize) -> &'a [u8] {
        &self.bytes[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }

    /// A text, and the place in it of the first special byte; its length where there is none. Texts are asked for in
    /// their order, always for the same kind of bytes: what was swept for one is known of those behind it.
    #[inline]
    pub fn sweep(&mut self, row: usize, is_special: impl Fn(u8) -> bool) -> (&'a [u8], usize) {
        let (start, end) = (self.offsets[row] as usize, self.offsets[row + 1] as usize);
        if self.clean_to < start || (self.clean_to == start && start < end) {
            self.clean_to = special::find(self.bytes, start, is_special);
        }
        (&self.bytes[start..end], self.clean_to.min(end) - start)
    }
}
