//! Pages, looked at before the library believes them: it makes room for as many values as a page claims to have, and a
//! claim that no machine has room for would end the process.
use super::shared_file::SharedFile;
use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::SerializedPageReader;
use parquet::schema::types::ColumnDescPtr;
use std::sync::Arc;

/// Differences in a block, at most: as in `delta-reader.ts`.
const MAX_BLOCK: u64 = 1 << 20;

/// All row groups of a file.
#[derive(Clone)]
pub(super) struct CheckedGroups {
    pub file: Arc<SharedFile>,
    pub metadata: Arc<ParquetMetaData>,
}

impl RowGroups for CheckedGroups {
    fn num_rows(&self) -> usize {
        self.row_groups().map(|group| group.num_rows().max(0) as usize).sum()
    }

    fn column_chunks(&self, leaf: usize) -> Result<Box<dyn PageIterator>> {
        Ok(Box::new(Chunks { groups: self.clone(), leaf, next: 0 }))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.metadata.row_groups().iter())
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// The chunks of a column, one of each row group.
struct Chunks {
    groups: CheckedGroups,
    leaf: usize,
    next: usize,
}

impl Iterator for Chunks {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.groups.metadata.row_groups().get(self.next)?;
        self.next += 1;
        let (chunk, rows) = (group.column(self.leaf), group.num_rows().max(0) as usize);
        let column = self.groups.metadata.file_metadata().schema_descr().column(self.leaf);
        let pages = SerializedPageReader::new(self.groups.file.clone(), chunk, rows, None);
        Some(pages.map(|pages| Box::new(CheckedPages { pages, column, left: chunk.num_values() }) as _))
    }
}

impl PageIterator for Chunks {}

struct CheckedPages {
    pages: SerializedPageReader<SharedFile>,
    column: ColumnDescPtr,
    /// Values of the chunk that no page has had yet.
    left: i64,
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        if let Some(page) = &page {
            check(page, &self.column)?;
            if page.is_data_page() {
                self.left -= i64::from(page.num_values());
            }
            if self.left < 0 {
                return Err(claims(page));
            }
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

fn check(page: &Page, column: &ColumnDescPtr) -> Result<()> {
    let bytes = page.buffer();
    let start = match page {
        // A value takes a byte at least.
        Page::DictionaryPage { num_values, .. } if *num_values as usize > bytes.len() => return Err(claims(page)),
        Page::DictionaryPage { .. } => return Ok(()),
        Page::DataPage { def_level_encoding, rep_level_encoding, .. } => {
            let after = levels(bytes, 0, column.max_rep_level(), *rep_level_encoding)?;
            levels(bytes, after, column.max_def_level(), *def_level_encoding)?
        }
        Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
            *def_levels_byte_len as usize + *rep_levels_byte_len as usize
        }
    };
    match page.encoding() {
        Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY => {
            let count = bytes.get(start..).and_then(delta_count);
            let is_sound = count.is_some_and(|count| count <= u64::from(page.num_values()));
            if is_sound || start == bytes.len() { Ok(()) } else { Err(claims(page)) }
        }
        // How many suffixes there are stands behind all prefixes.
        Encoding::DELTA_BYTE_ARRAY => Err(ParquetError::NYI("DELTA_BYTE_ARRAY".to_owned())),
        _ => Ok(()),
    }
}

/// Where levels of the first kind of data page end.
fn levels(bytes: &[u8], start: usize, most: i16, encoding: Encoding) -> Result<usize> {
    if most == 0 {
        return Ok(start);
    }
    let length = bytes.get(start..).and_then(|rest| rest.first_chunk::<4>());
    match (encoding, length) {
        (Encoding::RLE, Some(length)) => Ok(start + 4 + u32::from_le_bytes(*length) as usize),
        (Encoding::RLE, None) => Err(ParquetError::EOF("a page ends in its levels".to_owned())),
        (other, _) => Err(ParquetError::NYI(format!("levels as {other}"))),
    }
}

/// The number of values in a header of DELTA_BINARY_PACKED.
fn delta_count(bytes: &[u8]) -> Option<u64> {
    let mut rest = bytes.iter();
    let mut varint = || {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = rest.next()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    };
    let (block, _miniblocks) = (varint()?, varint()?);
    varint().filter(|_| block <= MAX_BLOCK)
}

fn claims(page: &Page) -> ParquetError {
    ParquetError::General(format!("a page of {} bytes claims more values than it can have", page.buffer().len()))
}
