//! A column under construction: typed values beside a byte of validity each, turned into an Arrow array at the end.
//!
//! A byte and not a bit, since rules are run over the values before the column is finished, and loops over bytes are
//! what compilers turn into vectors.

use crate::{Cell, DataType, Misfit, Text, base64, number, plain, show_text, temporal};
use arrow_array::types::{Decimal128Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int64Array, PrimitiveArray, StringArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use std::sync::Arc;

/// The cells of one column of some records, as a codec lends them.
///
/// # Safety
/// What `plain` and `get` give is valid UTF-8: a codec has told all else apart, and to look once more would cost a
/// fiftieth of a load.
pub unsafe trait Cells {
    fn len(&self) -> usize;
    /// The text of a cell that stands there as it is; `None` for every other cell, and for some that do.
    fn plain(&self, row: usize) -> Option<Text<'_>>;
    /// The text of a cell; `None` for no value. The text may live in the scratch space.
    fn get<'a>(&'a self, row: usize, scratch: &'a mut Vec<u8>) -> Option<Text<'a>>;
    /// Why a cell that gives no text is no value of its column's type; `None` where there is no value.
    fn misfit(&self, _row: usize) -> Option<Misfit> {
        None
    }
    /// A cell that misfits as messages show it, and what kind of value it is.
    fn shown(&self, row: usize) -> (String, String) {
        let mut scratch = Vec::new();
        let text = self.get(row, &mut scratch).map_or(&[][..], |text| text.bytes());
        (show_text(&String::from_utf8_lossy(text)), "a string".to_owned())
    }
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[derive(Debug)]
pub(crate) enum Values {
    Bytes { ends: Vec<i32>, bytes: Vec<u8> },
    Int64(Vec<i64>),
    Int32(Vec<i32>),
    Double(Vec<f64>),
    Decimal(Vec<i128>),
    Boolean(Vec<bool>),
}

#[derive(Debug)]
pub struct Column {
    data_type: DataType,
    pub(crate) values: Values,
    pub(crate) valid: Vec<bool>,
}

impl Column {
    pub fn new(data_type: DataType) -> Self {
        let values = match data_type {
            DataType::Integer | DataType::Time | DataType::Timestamp { .. } => Values::Int64(Vec::new()),
            DataType::Date => Values::Int32(Vec::new()),
            DataType::Double => Values::Double(Vec::new()),
            DataType::Decimal { .. } => Values::Decimal(Vec::new()),
            DataType::Boolean => Values::Boolean(Vec::new()),
            DataType::String | DataType::Binary | DataType::Nested(_) => {
                Values::Bytes { ends: vec![0], bytes: Vec::new() }
            }
        };
        Self { data_type, values, valid: Vec::new() }
    }

    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    pub fn len(&self) -> usize {
        self.valid.len()
    }

    pub fn is_empty(&self) -> bool {
        self.valid.is_empty()
    }

    /// Appends cells, and notes the rows of those that are none of the type; at both them and nulls the column is
    /// null. Returns how many of the cells have no value.
    pub fn fill(&mut self, cells: &impl Cells, misfits: &mut Vec<(u32, Misfit)>) -> usize {
        let mut sink = Sink { valid: &mut self.valid, misfits, nulls: 0 };
        match (&mut self.values, &self.data_type) {
            (Values::Bytes { ends, bytes }, DataType::Binary) => {
                sink.fill_bytes(cells, ends, bytes, |_, _| false, base64::decode);
            }
            (Values::Bytes { ends, bytes }, _) => sink.fill_bytes(cells, ends, bytes, append_short, append),
            (Values::Int64(values), DataType::Integer) => {
                sink.fill(cells, values, plain::integer, number::parse_integer);
            }
            (Values::Int64(values), DataType::Time) => sink.fill(cells, values, |_| None, temporal::parse_time),
            (Values::Int64(values), _) => sink.fill(cells, values, plain::timestamp, temporal::parse_timestamp),
            (Values::Int32(values), _) => sink.fill(cells, values, plain::date, temporal::parse_date),
            (Values::Double(values), _) => sink.fill(cells, values, plain::double, number::parse_double),
            (Values::Boolean(values), _) => sink.fill(cells, values, plain::boolean, number::parse_boolean),
            (Values::Decimal(values), DataType::Decimal { precision, scale }) => {
                let (precision, scale) = (*precision, *scale);
                let limit = 10u128.pow(precision.into());
                let any = |text: &[u8]| number::parse_decimal(text, precision, scale);
                sink.fill(cells, values, |text| plain::decimal(text, scale, limit), any);
            }
            (Values::Decimal(_), _) => unreachable!("only decimals are kept as such"),
        }
        sink.nulls
    }

    /// Appends cells without a value.
    pub fn fill_nulls(&mut self, count: usize) {
        let length = self.len() + count;
        self.valid.resize(length, false);
        match &mut self.values {
            Values::Bytes { ends, bytes } => ends.resize(length + 1, bytes.len() as i32),
            Values::Int64(values) => values.resize(length, 0),
            Values::Int32(values) => values.resize(length, 0),
            Values::Double(values) => values.resize(length, 0.0),
            Values::Decimal(values) => values.resize(length, 0),
            Values::Boolean(values) => values.resize(length, false),
        }
    }

    /// Takes out the rows from `start` on that are not kept.
    pub fn retain(&mut self, start: usize, keep: &[bool]) {
        retain(&mut self.valid, start, keep);
        match &mut self.values {
            Values::Bytes { ends, bytes } => retain_bytes(ends, bytes, start, keep),
            Values::Int64(values) => retain(values, start, keep),
            Values::Int32(values) => retain(values, start, keep),
            Values::Double(values) => retain(values, start, keep),
            Values::Decimal(values) => retain(values, start, keep),
            Values::Boolean(values) => retain(values, start, keep),
        }
    }

    /// The bytes of a text or binary cell.
    pub(crate) fn bytes_at(&self, row: usize) -> &[u8] {
        self.text_at(row).bytes()
    }

    /// The same, with those of the cells behind it.
    #[inline]
    pub(crate) fn text_at(&self, row: usize) -> Text<'_> {
        match &self.values {
            Values::Bytes { ends, bytes } => {
                let (start, end) = (ends[row] as usize, ends[row + 1] as usize);
                Text::new(&bytes[start..], end - start)
            }
            _ => Text::new(&[], 0),
        }
    }

    /// One value; `None` where there is none.
    pub fn cell(&self, row: usize) -> Option<Cell> {
        if !self.valid[row] {
            return None;
        }
        Some(match (&self.values, &self.data_type) {
            (Values::Bytes { .. }, DataType::Binary) => Cell::Binary(self.bytes_at(row).to_vec()),
            (Values::Bytes { .. }, _) => Cell::Text(self.bytes_at(row).to_vec()),
            (Values::Int64(values), DataType::Integer) => Cell::Integer(values[row]),
            (Values::Int64(values), DataType::Time) => Cell::Time(values[row]),
            (Values::Int64(values), _) => Cell::Timestamp(values[row]),
            (Values::Int32(values), _) => Cell::Date(values[row]),
            (Values::Double(values), _) => Cell::Double(values[row]),
            (Values::Decimal(values), _) => Cell::Decimal(values[row]),
            (Values::Boolean(values), _) => Cell::Boolean(values[row]),
        })
    }

    /// The column as an Arrow array; what stays behind is empty and has room for as many rows again.
    pub fn finish(&mut self) -> ArrayRef {
        let empty = Self::new(self.data_type.clone());
        let Self { values, valid, data_type } = std::mem::replace(self, empty);
        self.reserve(&values, valid.len());
        let nulls = (!is_all(&valid)).then(|| NullBuffer::new(pack(&valid)));
        match (values, data_type) {
            (Values::Bytes { ends, bytes }, kind) => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
                let bytes = Buffer::from_vec(bytes);
                match kind {
                    DataType::Binary => Arc::new(BinaryArray::new(offsets, bytes, nulls)),
                    // SAFETY: the texts came from `Cells`, and the ends were counted with them.
                    _ => Arc::new(unsafe { StringArray::new_unchecked(offsets, bytes, nulls) }),
                }
            }
            (Values::Int64(values), DataType::Integer) => Arc::new(Int64Array::new(values.into(), nulls)),
            (Values::Int64(values), DataType::Time) => {
                Arc::new(PrimitiveArray::<Time64MicrosecondType>::new(values.into(), nulls))
            }
            (Values::Int64(values), kind) => {
                let array = PrimitiveArray::<TimestampMicrosecondType>::new(values.into(), nulls);
                Arc::new(array.with_timezone_opt((kind == DataType::Timestamp { zoned: true }).then_some("UTC")))
            }
            (Values::Int32(values), _) => Arc::new(Date32Array::new(values.into(), nulls)),
            (Values::Double(values), _) => Arc::new(Float64Array::new(values.into(), nulls)),
            (Values::Boolean(values), _) => Arc::new(BooleanArray::new(pack(&values), nulls)),
            (Values::Decimal(values), kind) => {
                let array = PrimitiveArray::<Decimal128Type>::new(values.into(), nulls);
                let arrow = kind.arrow().unwrap_or_else(|| array.data_type().clone());
                Arc::new(array.with_data_type(arrow))
            }
        }
    }

    fn reserve(&mut self, last: &Values, rows: usize) {
        self.valid.reserve(rows);
        match (&mut self.values, last) {
            (Values::Bytes { ends, bytes }, Values::Bytes { bytes: last, .. }) => {
                ends.reserve(rows);
                bytes.reserve(last.len());
            }
            (Values::Int64(values), _) => values.reserve(rows),
            (Values::Int32(values), _) => values.reserve(rows),
            (Values::Double(values), _) => values.reserve(rows),
            (Values::Decimal(values), _) => values.reserve(rows),
            (Values::Boolean(values), _) => values.reserve(rows),
            (Values::Bytes { .. }, _) => {}
        }
    }
}

/// Where the verdicts on cells go.
struct Sink<'a> {
    valid: &'a mut Vec<bool>,
    misfits: &'a mut Vec<(u32, Misfit)>,
    nulls: usize,
}

impl Sink<'_> {
    /// `plain` knows the usual spellings of a type, `any` all of them.
    #[inline]
    fn fill<T: Copy + Default>(
        &mut self,
        cells: &impl Cells,
        values: &mut Vec<T>,
        plain: impl Fn(Text<'_>) -> Option<T>,
        any: impl Fn(&[u8]) -> Result<T, Misfit>,
    ) {
        let mut scratch = Vec::new();
        self.valid.resize(self.valid.len() + cells.len(), true);
        // An iterator of known length: the vector makes room once, and not at each value.
        values.extend((0..cells.len()).map(|row| {
            let Some(text) = cells.plain(row).or_else(|| cells.get(row, &mut scratch)) else {
                return self.note(cells, row, None);
            };
            plain(text).unwrap_or_else(|| self.note(cells, row, Some(any(text.bytes()))))
        }));
    }

    #[inline]
    fn fill_bytes(
        &mut self,
        cells: &impl Cells,
        ends: &mut Vec<i32>,
        bytes: &mut Vec<u8>,
        plain: impl Fn(Text<'_>, &mut Vec<u8>) -> bool,
        any: impl Fn(&[u8], &mut Vec<u8>) -> Result<(), Misfit>,
    ) {
        let mut scratch = Vec::new();
        self.valid.resize(self.valid.len() + cells.len(), true);
        ends.extend((0..cells.len()).map(|row| {
            match cells.plain(row).or_else(|| cells.get(row, &mut scratch)) {
                Some(text) if plain(text, bytes) => {}
                Some(text) => self.note(cells, row, Some(any(text.bytes(), bytes))),
                None => self.note(cells, row, None),
            }
            bytes.len() as i32
        }));
    }

    /// Takes down what became of a cell, and gives its value if it has one.
    #[inline(never)]
    fn note<T: Default>(&mut self, cells: &impl Cells, row: usize, result: Option<Result<T, Misfit>>) -> T {
        match result {
            Some(Ok(value)) => return value,
            Some(Err(misfit)) => self.misfits.push((row as u32, misfit)),
            None => match cells.misfit(row) {
                Some(misfit) => self.misfits.push((row as u32, misfit)),
                None => self.nulls += 1,
            },
        }
        let place = self.valid.len() - cells.len() + row;
        self.valid[place] = false;
        T::default()
    }
}

/// Copies a short text as a window, which is cut then: to copy as many bytes as there are takes a call. False for
/// others.
#[inline(always)]
fn append_short(text: Text<'_>, out: &mut Vec<u8>) -> bool {
    let Some(window) = text.window::<64>().filter(|window| text.len() <= window.len()) else {
        return false;
    };
    let end = out.len() + text.len();
    out.extend_from_slice(window);
    out.truncate(end);
    true
}

fn append(text: &[u8], out: &mut Vec<u8>) -> Result<(), Misfit> {
    out.extend_from_slice(text);
    Ok(())
}

/// Whether none is false, without the early end that would keep the loop from being a vector's.
fn is_all(values: &[bool]) -> bool {
    values.iter().fold(true, |all, value| all & value)
}

/// A bit for each value: eight bytes are gathered into one by a multiplication.
fn pack(values: &[bool]) -> BooleanBuffer {
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let gather = |bytes: [u8; 8]| (u64::from_le_bytes(bytes).wrapping_mul(GATHER) >> 56) as u8;
    let (chunks, rest) = values.as_chunks::<8>();
    let mut bits: Vec<u8> = chunks.iter().map(|chunk| gather(chunk.map(u8::from))).collect();
    if !rest.is_empty() {
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(byte, value)| *byte = u8::from(*value));
        bits.push(gather(last));
    }
    BooleanBuffer::new(Buffer::from_vec(bits), 0, values.len())
}

fn retain<T: Copy>(values: &mut Vec<T>, start: usize, keep: &[bool]) {
    let mut to = start;
    for (at, _) in keep.iter().enumerate().filter(|(_, kept)| **kept) {
        values[to] = values[start + at];
        to += 1;
    }
    values.truncate(to);
}

fn retain_bytes(ends: &mut Vec<i32>, bytes: &mut Vec<u8>, start: usize, keep: &[bool]) {
    let mut to = start;
    let mut end = ends[start];
    let mut from = end;
    for (at, &kept) in keep.iter().enumerate() {
        let next = ends[start + at + 1];
        if kept {
            bytes.copy_within(from as usize..next as usize, end as usize);
            end += next - from;
            to += 1;
            ends[to] = end;
        }
        from = next;
    }
    ends.truncate(to + 1);
    bytes.truncate(end as usize);
}
