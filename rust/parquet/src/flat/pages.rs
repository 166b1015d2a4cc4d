//! Finished pages of a column chunk, and what its metadata say of them.
use super::codec::Codec;
use super::runs::push_zigzag;
use bytes::{Buf, Bytes};
use parquet::basic::{Compression, Encoding, PageType};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ColumnChunkMetaDataBuilder, PageEncodingStats};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::ColumnDescPtr;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};

/// Pages as they go into the file, each with its header. The dictionary is known last and stands first.
#[derive(Default)]
pub(super) struct Pages {
    dictionary: Option<Bytes>,
    data: VecDeque<Bytes>,
    compressed: usize,
    uncompressed: usize,
    rows: usize,
    encodings: Vec<PageEncodingStats>,
}

impl Pages {
    /// Bytes held.
    pub fn compressed_bytes(&self) -> usize {
        self.compressed
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn push_data(&mut self, page: &[u8], rows: usize, encoding: Encoding, codec: &mut Codec) -> Result<()> {
        let page = self.finish(page, PageType::DATA_PAGE, rows, encoding, codec)?;
        self.data.push_back(page);
        self.rows += rows;
        match self.encodings.last_mut().filter(|last| last.encoding == encoding) {
            Some(last) => last.count += 1,
            None => self.encodings.push(PageEncodingStats { page_type: PageType::DATA_PAGE, encoding, count: 1 }),
        }
        Ok(())
    }

    pub fn set_dictionary(&mut self, page: &[u8], values: usize, codec: &mut Codec) -> Result<()> {
        let (page_type, encoding) = (PageType::DICTIONARY_PAGE, Encoding::PLAIN);
        self.dictionary = Some(self.finish(page, page_type, values, encoding, codec)?);
        self.encodings.insert(0, PageEncodingStats { page_type, encoding, count: 1 });
        Ok(())
    }

    pub fn close(
        self,
        column: ColumnDescPtr,
        codec: Compression,
        describe: impl FnOnce(ColumnChunkMetaDataBuilder) -> ColumnChunkMetaDataBuilder,
    ) -> Result<FlatChunk> {
        // Levels are written in RLE.
        let encodings = self.encodings.iter().map(|pages| pages.encoding).chain([Encoding::RLE]);
        let metadata = ColumnChunkMetaData::builder(column)
            .set_compression(codec)
            .set_encodings(encodings.collect())
            .set_total_compressed_size(self.compressed as i64)
            .set_total_uncompressed_size(self.uncompressed as i64)
            .set_num_values(self.rows as i64)
            .set_data_page_offset(self.dictionary.as_ref().map_or(0, |page| page.len() as i64))
            .set_dictionary_page_offset(self.dictionary.as_ref().map(|_| 0))
            .set_page_encoding_stats(self.encodings);
        let close = ColumnCloseResult {
            bytes_written: self.compressed as u64,
            rows_written: self.rows as u64,
            metadata: describe(metadata).build()?,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok(FlatChunk { pages: self.dictionary.into_iter().chain(self.data).collect(), close })
    }

    fn finish(
        &mut self,
        page: &[u8],
        page_type: PageType,
        values: usize,
        encoding: Encoding,
        codec: &mut Codec,
    ) -> Result<Bytes> {
        let compressed = codec.compress(page)?;
        let mut whole = Vec::with_capacity(MAX_HEADER + compressed.len());
        push_header(page_type, [page.len(), compressed.len(), values], encoding, &mut whole)?;
        self.uncompressed += whole.len() + page.len();
        whole.extend_from_slice(compressed);
        self.compressed += whole.len();
        Ok(whole.into())
    }
}

/// More than a header of a page takes.
const MAX_HEADER: usize = 40;
/// Types of Thrift's compact protocol, and the end of a struct.
const I32: u8 = 5;
const STRUCT: u8 = 12;
const STOP: u8 = 0;

/// PageHeader of parquet.thrift.
fn push_header(kind: PageType, sizes: [usize; 3], encoding: Encoding, out: &mut Vec<u8>) -> Result<()> {
    let too_large = |_| ParquetError::General("a page has more bytes than the format can say".to_owned());
    let [uncompressed, compressed, values] = sizes.map(i32::try_from);
    let mut push = |after_last: u8, value: i32| {
        out.push(after_last << 4 | I32);
        push_zigzag(i64::from(value), out);
    };
    push(1, kind as i32);
    push(1, uncompressed.map_err(too_large)?);
    push(1, compressed.map_err(too_large)?);
    let (details, levels) = match kind {
        PageType::DICTIONARY_PAGE => (7, 0),
        _ => (5, 2),
    };
    out.push((details - 3) << 4 | STRUCT);
    let encodings = [encoding, Encoding::RLE, Encoding::RLE];
    let numbers = encodings[..=levels].iter().map(|&encoding| encoding as i32);
    for number in [values.map_err(too_large)?].into_iter().chain(numbers) {
        out.push(1 << 4 | I32);
        push_zigzag(i64::from(number), out);
    }
    out.extend([STOP, STOP]);
    Ok(())
}

/// A column chunk of finished pages.
pub(crate) struct FlatChunk {
    pages: VecDeque<Bytes>,
    close: ColumnCloseResult,
}

impl FlatChunk {
    pub fn close(&self) -> &ColumnCloseResult {
        &self.close
    }

    /// Appends the chunk. Its pages are let go one by one as they are written.
    pub fn append_to_row_group<W: Write + Send>(self, group: &mut SerializedRowGroupWriter<'_, W>) -> Result<()> {
        group.append_column(&Once(Mutex::new(self.pages)), self.close)
    }
}

/// Pages that are read once, from the first to the last.
struct Once(Mutex<VecDeque<Bytes>>);

impl Length for Once {
    fn len(&self) -> u64 {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.iter().map(|page| page.len() as u64).sum()
    }
}

impl ChunkReader for Once {
    type T = Unread;

    fn get_read(&self, _start: u64) -> Result<Unread> {
        Ok(Unread(std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))))
    }

    fn get_bytes(&self, _start: u64, _length: usize) -> Result<Bytes> {
        Err(ParquetError::NYI("pages are read as a stream".to_owned()))
    }
}

struct Unread(VecDeque<Bytes>);

impl Read for Unread {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(page) = self.0.front_mut() else {
            return Ok(0);
        };
        let length = out.len().min(page.len());
        page.copy_to_slice(&mut out[..length]);
        if page.is_empty() {
            self.0.pop_front();
        }
        Ok(length)
    }
}
