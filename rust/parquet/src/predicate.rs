//! Comparisons of a column with a value, and what the bounds of a column chunk say of them.
use parquet::basic::ConvertedType;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use std::cmp::Ordering;

/// `column op value`. Nulls and NaN match nothing.
#[derive(Clone, Debug)]
pub struct Predicate {
    pub column: String,
    pub op: Op,
    pub value: Literal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value as the file stores it.
#[derive(Clone, Debug)]
pub enum Literal {
    /// An integer, the days of a date, the microseconds of a time or timestamp, the unscaled value of a decimal.
    Integer(i128),
    Double(f64),
    /// Text or bytes.
    Bytes(Vec<u8>),
}

impl Predicate {
    /// False only where no row of the chunk can match.
    pub(crate) fn may_match(&self, chunk: &ColumnChunkMetaData) -> bool {
        let Some(statistics) = chunk.statistics() else { return true };
        if statistics.null_count_opt().is_some_and(|nulls| nulls == chunk.num_values() as u64) {
            return false;
        }
        // Bounds of the old kind were compared in ways that nobody knows, unsigned numbers are stored as signed ones.
        if statistics.is_min_max_deprecated() || is_unsigned(chunk.column_descr().converted_type()) {
            return true;
        }
        let Some((least, greatest)) = self.compare_bounds(statistics) else { return true };
        match self.op {
            Op::Equal => least.is_le() && greatest.is_ge(),
            Op::Less => least.is_lt(),
            Op::LessOrEqual => least.is_le(),
            Op::Greater => greatest.is_gt(),
            Op::GreaterOrEqual => greatest.is_ge(),
        }
    }

    /// How the least and the greatest value compare with ours; nothing where they cannot be compared.
    fn compare_bounds(&self, statistics: &Statistics) -> Option<(Ordering, Ordering)> {
        match (statistics, &self.value) {
            (Statistics::Int32(s), Literal::Integer(v)) => {
                Some((i128::from(*s.min_opt()?).cmp(v), i128::from(*s.max_opt()?).cmp(v)))
            }
            (Statistics::Int64(s), Literal::Integer(v)) => {
                Some((i128::from(*s.min_opt()?).cmp(v), i128::from(*s.max_opt()?).cmp(v)))
            }
            (Statistics::FixedLenByteArray(s), Literal::Integer(v)) => {
                Some((unscaled(s.min_opt()?.data())?.cmp(v), unscaled(s.max_opt()?.data())?.cmp(v)))
            }
            (Statistics::Double(s), Literal::Double(v)) => {
                Some((s.min_opt()?.partial_cmp(v)?, s.max_opt()?.partial_cmp(v)?))
            }
            (Statistics::ByteArray(s), Literal::Bytes(v)) => {
                Some((s.min_opt()?.data().cmp(v.as_slice()), s.max_opt()?.data().cmp(v.as_slice())))
            }
            _ => None,
        }
    }
}

/// Two's complement, big end first.
fn unscaled(bytes: &[u8]) -> Option<i128> {
    let start = 16_usize.checked_sub(bytes.len())?;
    let sign = if bytes.first()? & 128 > 0 { 255 } else { 0 };
    let mut whole = [sign; 16];
    whole[start..].copy_from_slice(bytes);
    Some(i128::from_be_bytes(whole))
}

fn is_unsigned(kind: ConvertedType) -> bool {
    use ConvertedType::{UINT_8, UINT_16, UINT_32, UINT_64};
    matches!(kind, UINT_8 | UINT_16 | UINT_32 | UINT_64)
}
