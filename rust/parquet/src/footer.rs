//! The footer as the TypeScript writer has it, where the library below says something else.
//!
//! Two things that its builders do not let one choose: times without zone are marked with the old TIME_MICROS and
//! TIMESTAMP_MICROS too, which mean UTC to readers of old; and doubles are said to be ordered by IEEE 754's total order,
//! which most readers do not know, so that they ignore the bounds.
use parquet::basic::LogicalType;
use parquet::schema::types::Type;

/// Fields of FileMetaData and SchemaElement (parquet.thrift).
const SCHEMA: i64 = 2;
const COLUMN_ORDERS: i64 = 7;
const CONVERTED_TYPE: i64 = 6;
/// The first field of a union, an empty struct and the end of the union: ColumnOrder's TYPE_ORDER.
const TYPE_ORDER: [u8; 3] = [0x1c, 0, 0];

/// Length of the length and the magic that end a file.
const TAIL: usize = 8;

/// The end of a file, from its metadata on, put right. Nothing for bytes that are no such end.
pub(crate) fn mend(end: &[u8], schema: &Type) -> Option<Vec<u8>> {
    let metadata = end.get(..end.len().checked_sub(TAIL)?)?;
    let mut elements = Vec::new();
    list_elements(schema, &mut elements);
    let mut walk = Walk { bytes: metadata, at: 0 };
    let mut made = Vec::with_capacity(end.len());
    walk.copy_struct(&mut made, &mut |walk, id, made| match id {
        SCHEMA => {
            let count = walk.copy_list_header(made)?;
            for index in 0..count {
                let is_local = *elements.get(index)?;
                walk.copy_struct(made, &mut |walk, id, made| {
                    if id == CONVERTED_TYPE && is_local { walk.drop_value() } else { walk.copy_value(made) }
                })?;
            }
            Some(Fate::Kept)
        }
        COLUMN_ORDERS => {
            for _ in 0..walk.copy_list_header(made)? {
                walk.skip(STRUCT)?;
                made.extend(TYPE_ORDER);
            }
            Some(Fate::Kept)
        }
        _ => walk.copy_value(made),
    })?;
    let length = u32::try_from(made.len()).ok()?;
    made.extend(length.to_le_bytes());
    made.extend(&end[end.len() - 4..]);
    Some(made)
}

/// In the order of the footer: whether an element is a time or timestamp without zone.
fn list_elements(element: &Type, elements: &mut Vec<bool>) {
    elements.push(match element.get_basic_info().logical_type_ref() {
        Some(LogicalType::Time(time)) => !time.is_adjusted_to_u_t_c,
        Some(LogicalType::Timestamp(time)) => !time.is_adjusted_to_u_t_c,
        _ => false,
    });
    if element.is_group() {
        element.get_fields().iter().for_each(|inner| list_elements(inner, elements));
    }
}

/// Types of Thrift's compact protocol.
const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const STRUCT: u8 = 12;

enum Fate {
    Kept,
    Dropped,
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// What is done with the value of a field, whose number it is told; the value is yet to come, its type `kind` is known.
type OnField<'f, 'a> = &'f mut dyn FnMut(&mut Field<'_, 'a>, i64, &mut Vec<u8>) -> Option<Fate>;

struct Field<'w, 'a> {
    walk: &'w mut Walk<'a>,
    kind: u8,
}

impl<'a> Walk<'a> {
    fn copy_struct(&mut self, made: &mut Vec<u8>, on_field: OnField<'_, 'a>) -> Option<()> {
        let (mut read_id, mut made_id) = (0, 0);
        loop {
            let header = self.byte()?;
            let kind = header & 15;
            if kind == STOP {
                made.push(STOP);
                return Some(());
            }
            read_id = if header >> 4 == 0 { self.zigzag()? } else { read_id + i64::from(header >> 4) };
            let start = made.len();
            // Fields name their distance from the one before, which may be another one now.
            write_header(made, kind, read_id, made_id);
            match on_field(&mut Field { walk: self, kind }, read_id, made)? {
                Fate::Kept => made_id = read_id,
                Fate::Dropped => made.truncate(start),
            }
        }
    }

    fn skip(&mut self, kind: u8) -> Option<()> {
        match kind {
            TRUE | FALSE => {}
            BYTE => self.at += 1,
            I16..=I64 => drop(self.varint()?),
            DOUBLE => self.at += 8,
            BINARY => self.at += usize::try_from(self.varint()?).ok()?,
            LIST | SET => {
                let (count, kind) = self.list_header()?;
                // A boolean takes a byte in a list.
                let kind = if kind <= FALSE { BYTE } else { kind };
                (0..count).try_for_each(|_| self.skip(kind))?;
            }
            STRUCT => loop {
                let header = self.byte()?;
                if header & 15 == STOP {
                    break;
                }
                if header >> 4 == 0 {
                    self.zigzag()?;
                }
                self.skip(header & 15)?;
            },
            _ => return None,
        }
        (self.at <= self.bytes.len()).then_some(())
    }

    fn list_header(&mut self) -> Option<(usize, u8)> {
        let header = self.byte()?;
        let count = if header >> 4 == 15 { usize::try_from(self.varint()?).ok()? } else { usize::from(header >> 4) };
        Some((count, header & 15))
    }

    fn byte(&mut self) -> Option<u8> {
        self.at += 1;
        self.bytes.get(self.at - 1).copied()
    }

    fn varint(&mut self) -> Option<u64> {
        (0..64)
            .step_by(7)
            .try_fold(0, |value, shift| {
                let byte = self.byte();
                match byte {
                    Some(byte) if byte & 128 > 0 => Ok(value | u64::from(byte & 127) << shift),
                    Some(byte) => Err(Some(value | u64::from(byte) << shift)),
                    None => Err(None),
                }
            })
            .err()?
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }
}

impl<'a> Field<'_, 'a> {
    fn copy_value(&mut self, made: &mut Vec<u8>) -> Option<Fate> {
        let start = self.walk.at;
        self.walk.skip(self.kind)?;
        made.extend(&self.walk.bytes[start..self.walk.at]);
        Some(Fate::Kept)
    }

    fn drop_value(&mut self) -> Option<Fate> {
        self.walk.skip(self.kind)?;
        Some(Fate::Dropped)
    }

    fn copy_list_header(&mut self, made: &mut Vec<u8>) -> Option<usize> {
        let start = self.walk.at;
        let (count, _) = self.walk.list_header()?;
        made.extend(&self.walk.bytes[start..self.walk.at]);
        Some(count)
    }

    fn copy_struct(&mut self, made: &mut Vec<u8>, on_field: OnField<'_, 'a>) -> Option<()> {
        self.walk.copy_struct(made, on_field)
    }

    fn skip(&mut self, kind: u8) -> Option<()> {
        self.walk.skip(kind)
    }
}

fn write_header(made: &mut Vec<u8>, kind: u8, id: i64, last: i64) {
    match id - last {
        near @ 1..=15 => made.push((near as u8) << 4 | kind),
        _ => {
            made.push(kind);
            let mut rest = (id << 1 ^ id >> 63) as u64;
            while rest > 127 {
                made.push(rest as u8 | 128);
                rest >>= 7;
            }
            made.push(rest as u8);
        }
    }
}
