//! Booleans, a bit for each.
use super::bounds::Facts;
use super::column::{Rows, Settings, Values};
use arrow_array::cast::AsArray;
use arrow_buffer::BooleanBufferBuilder;
use parquet::basic::Encoding;
use parquet::file::statistics::{Statistics, ValueStatistics};

pub(super) struct Booleans {
    /// Those of the page at hand.
    bits: BooleanBufferBuilder,
    has_statistics: bool,
    has_true: bool,
    has_false: bool,
}

impl Booleans {
    pub fn new() -> Self {
        Self { bits: BooleanBufferBuilder::new(0), has_statistics: false, has_true: false, has_false: false }
    }
}

impl Values for Booleans {
    fn open(&mut self, settings: &Settings) {
        self.has_statistics = settings.statistics;
        (self.has_true, self.has_false) = (false, false);
    }

    fn put(&mut self, rows: &Rows<'_>, _out: &mut Vec<u8>) {
        let values = rows.column.as_boolean().values();
        for run in rows.runs() {
            let run = values.slice(run.start, run.len());
            let trues = run.count_set_bits();
            self.has_true |= trues > 0;
            self.has_false |= trues < run.len();
            self.bits.append_buffer(&run);
        }
    }

    fn waiting_bytes(&self) -> usize {
        self.bits.len() / 8
    }

    fn finish_page(&mut self, _before: &mut Vec<u8>, out: &mut Vec<u8>) -> Encoding {
        out.extend_from_slice(self.bits.as_slice());
        self.bits.truncate(0);
        Encoding::PLAIN
    }

    fn statistics(&mut self, facts: Facts) -> Option<Statistics> {
        let bounds = (self.has_true || self.has_false).then_some((!self.has_false, self.has_true));
        let (least, greatest) = bounds.unzip();
        let statistics = ValueStatistics::new(least, greatest, None, Some(facts.nulls), false)
            .with_backwards_compatible_min_max(facts.is_signed);
        self.has_statistics.then(|| statistics.into())
    }
}
