//! One column of a row group on its way to pages.
use super::FlatColumn;
use super::bounds::Facts;
use super::codec::Codec;
use super::front::Front;
use super::levels::Levels;
use super::pages::{FlatChunk, Pages};
use arrow_array::Array;
use arrow_buffer::NullBuffer;
use parquet::basic::{Compression, Encoding, SortOrder};
use parquet::errors::Result;
use parquet::file::metadata::LevelHistogram;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use parquet::schema::types::{ColumnDescPtr, ColumnPath};
use std::ops::Range;

/// Rows taken at a time: their values stay in the nearest cache from one step of the work to the next.
const STEP_ROWS: usize = 2048;

/// How a column chunk is written.
pub(crate) struct Settings {
    pub(super) encoding: Encoding,
    pub(super) dictionary: bool,
    pub(super) statistics: bool,
    compression: Compression,
    page_bytes: usize,
    page_rows: usize,
    dictionary_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(&WriterProperties::default(), &ColumnPath::new(Vec::new()))
    }
}

impl Settings {
    pub fn new(properties: &WriterProperties, path: &ColumnPath) -> Self {
        Self {
            encoding: properties.encoding(path).unwrap_or(Encoding::PLAIN),
            dictionary: properties.dictionary_enabled(path),
            statistics: properties.statistics_enabled(path) != EnabledStatistics::None,
            compression: properties.compression(path),
            page_bytes: properties.column_data_page_size_limit(path),
            page_rows: properties.column_data_page_row_count_limit(path),
            dictionary_bytes: properties.column_dictionary_page_size_limit(path),
        }
    }
}

/// Rows of an array.
pub(super) struct Rows<'a> {
    pub column: &'a dyn Array,
    pub range: Range<usize>,
    /// Of these rows, when there are any.
    pub nulls: Option<NullBuffer>,
}

impl<'a> Rows<'a> {
    fn new(column: &'a dyn Array, range: Range<usize>) -> Self {
        let nulls = column.nulls().filter(|nulls| nulls.null_count() > 0);
        let nulls = nulls.map(|nulls| nulls.slice(range.start, range.len())).filter(|nulls| nulls.null_count() > 0);
        Self { column, range, nulls }
    }

    /// How many of them have a value.
    pub fn values(&self) -> usize {
        self.range.len() - self.nulls.as_ref().map_or(0, NullBuffer::null_count)
    }

    /// Rows of the array, one after the other, that have a value.
    pub fn runs(&self) -> impl Iterator<Item = Range<usize>> {
        let all = self.nulls.is_none().then(|| self.range.clone());
        let start = self.range.start;
        let valid = self.nulls.iter().flat_map(NullBuffer::valid_slices);
        all.into_iter().chain(valid.map(move |(from, to)| start + from..start + to))
    }
}

/// The values of a column chunk, which know their type and how they are encoded.
pub(super) trait Values: Send {
    /// A chunk begins.
    fn open(&mut self, settings: &Settings);

    /// Rows whose values take no more bytes than `room`.
    fn fitting(&self, _column: &dyn Array, rows: Range<usize>, _room: usize) -> usize {
        rows.len()
    }

    /// Takes values of the page at hand. What is encoded of them is appended.
    fn put(&mut self, rows: &Rows<'_>, out: &mut Vec<u8>);

    /// Bytes of the page at hand that are not appended yet, about.
    fn waiting_bytes(&self) -> usize;

    /// Appends what is left of the page, and to `before` what stands before its first byte.
    fn finish_page(&mut self, before: &mut Vec<u8>, out: &mut Vec<u8>) -> Encoding;

    fn dictionary_bytes(&self) -> usize {
        0
    }

    /// The dictionary's page and the number of its values, after which the other encoding is used.
    fn take_dictionary(&mut self) -> Option<(Vec<u8>, usize)> {
        None
    }

    fn statistics(&mut self, facts: Facts) -> Option<Statistics>;

    /// Bytes of all values, where they have a length each.
    fn text_bytes(&self) -> Option<i64> {
        None
    }
}

pub(super) struct Column<V> {
    descriptor: ColumnDescPtr,
    settings: Settings,
    values: V,
    levels: Levels,
    /// Values of the page at hand.
    page: Front,
    before: Vec<u8>,
    pages: Pages,
    nulls: usize,
}

impl<V: Values> Column<V> {
    pub fn new(descriptor: ColumnDescPtr, values: V) -> Self {
        Self {
            descriptor,
            settings: Settings::default(),
            values,
            levels: Levels::new(),
            page: Front::new(),
            before: Vec::new(),
            pages: Pages::default(),
            nulls: 0,
        }
    }
}

impl<V: Values> FlatColumn for Column<V> {
    fn open(&mut self, settings: Settings) {
        self.values.open(&settings);
        self.settings = settings;
        self.nulls = 0;
    }

    fn write(&mut self, column: &dyn Array, codec: &mut Codec) -> Result<()> {
        let mut start = 0;
        while start < column.len() {
            let rows = self.next_rows(column, start);
            if rows > 0 {
                self.put(&Rows::new(column, start..start + rows));
                start += rows;
            }
            let is_full =
                self.levels.rows() >= self.settings.page_rows || self.page_bytes() >= self.settings.page_bytes;
            if rows == 0 || is_full {
                self.end_page(codec)?;
            }
            if self.values.dictionary_bytes() >= self.settings.dictionary_bytes {
                self.end_dictionary(codec)?;
            }
        }
        Ok(())
    }

    fn memory(&self) -> usize {
        self.pages.compressed_bytes() + self.page_bytes() + self.values.dictionary_bytes()
    }

    fn close(&mut self, codec: &mut Codec) -> Result<FlatChunk> {
        self.end_dictionary(codec)?;
        let facts = Facts { nulls: self.nulls as u64, is_signed: self.descriptor.sort_order() == SortOrder::SIGNED };
        let statistics = self.values.statistics(facts);
        let pages = std::mem::take(&mut self.pages);
        let levels = [self.nulls as i64, (pages.rows() - self.nulls) as i64];
        pages.close(self.descriptor.clone(), self.settings.compression, |metadata| match statistics {
            Some(statistics) => metadata
                .set_statistics(statistics)
                .set_unencoded_byte_array_data_bytes(self.values.text_bytes())
                .set_definition_level_histogram(self.is_nullable().then(|| LevelHistogram::from(levels.to_vec()))),
            None => metadata,
        })
    }
}

impl<V: Values> Column<V> {
    /// So many rows go to the page at hand; none when it has no room for the next one.
    fn next_rows(&self, column: &dyn Array, start: usize) -> usize {
        let most = STEP_ROWS.min(column.len() - start).min(self.settings.page_rows - self.levels.rows());
        let room = self.settings.page_bytes.saturating_sub(self.page_bytes());
        let rows = self.values.fitting(column, start..start + most, room);
        if self.levels.rows() == 0 { rows.max(1) } else { rows }
    }

    fn put(&mut self, rows: &Rows<'_>) {
        self.values.put(rows, self.page.tail());
        self.levels.push(rows.range.len(), rows.nulls.as_ref());
        self.nulls += rows.range.len() - rows.values();
    }

    fn page_bytes(&self) -> usize {
        self.page.len() + self.values.waiting_bytes()
    }

    fn end_page(&mut self, codec: &mut Codec) -> Result<()> {
        self.before.clear();
        if self.is_nullable() {
            self.levels.write(&mut self.before);
        }
        let encoding = self.values.finish_page(&mut self.before, self.page.tail());
        let page = self.page.finish(&self.before);
        self.pages.push_data(page.bytes(), self.levels.rows(), encoding, codec)?;
        self.levels.clear();
        Ok(())
    }

    /// Ends what the dictionary is for.
    fn end_dictionary(&mut self, codec: &mut Codec) -> Result<()> {
        if self.levels.rows() > 0 {
            self.end_page(codec)?;
        }
        match self.values.take_dictionary() {
            Some((page, values)) => self.pages.set_dictionary(&page, values, codec),
            None => Ok(()),
        }
    }

    fn is_nullable(&self) -> bool {
        self.descriptor.max_def_level() > 0
    }
}
