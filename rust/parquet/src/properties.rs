//! Our options in the words of the parquet crate.
use crate::flat::BOUND_BYTES;
use crate::{Compression, Encodings, Options, dictionary};
use arrow_array::RecordBatch;
use arrow_schema::{DataType, Fields};
use parquet::basic::Encoding;
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterPropertiesPtr};
use parquet::schema::types::ColumnPath;
use std::sync::Arc;

/// The name that readers know faults of old writers by; they parse `<name> version <version>`.
const CREATED_BY: &str = concat!("dativo-ingest version ", env!("CARGO_PKG_VERSION"));
/// Digits that always fit into 64 bits, and are stored as such a number.
const INT64_PRECISION: u8 = 18;
/// Rows of a page. More make bigger pages of narrow columns, which compress better.
const PAGE_ROWS: usize = 1 << 17;
/// Bytes of a page of values that are small already, or of codecs that do not look back that far: a little more than
/// the 128 KiB up to which zstd takes a smaller table.
const PAGE_BYTES: usize = 160 << 10;
/// Bytes of a page of values that zstd finds much in, at most. A larger page starts afresh less often: texts and split
/// doubles take 3 % less of a file than in pages of 128 KiB, at 1 % more time (measured).
const BULKY_PAGE_BYTES: usize = 2 << 20;
/// Values handed to the encoder at a time.
const WRITE_BATCH: usize = 4096;

/// What holds for the file as a whole.
pub(crate) fn of_file(options: &Options) -> Result<WriterPropertiesPtr> {
    let pairs = options.key_value_metadata.iter();
    let pairs: Vec<_> = pairs.map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let metadata = (!pairs.is_empty()).then_some(pairs);
    Ok(Arc::new(common(options)?.set_key_value_metadata(metadata).build()))
}

/// What holds for one row group, by the look of its first rows.
pub(crate) fn of_group(options: &Options, fields: &Fields, first: &[&RecordBatch]) -> Result<WriterPropertiesPtr> {
    let mut properties = common(options)?;
    let mut bulky = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        // Holds for columns with nothing inside; a nested one has longer paths and keeps the defaults.
        let path = ColumnPath::from(field.name().as_str());
        let columns: Vec<_> = first.iter().map(|batch| batch.column(index)).collect();
        let encoding = encoding_of(field.data_type(), options.encodings);
        if !dictionary::pays(&columns, options.row_group_size, encoding == Some(Encoding::DELTA_BINARY_PACKED)) {
            properties = properties.set_column_dictionary_enabled(path.clone(), false);
            if is_bulky(field.data_type(), encoding) {
                bulky.push(path.clone());
            }
        }
        if let Some(encoding) = encoding {
            properties = properties.set_column_encoding(path, encoding);
        }
    }
    if options.page_bytes == 0 && matches!(options.compression, Compression::Zstd(_)) {
        let bytes = bulky_page_bytes(options.row_group_bytes, bulky.len());
        for path in bulky {
            properties = properties.set_column_data_page_size_limit(path, bytes);
        }
    }
    Ok(Arc::new(properties.build()))
}

/// Whether zstd finds more in larger pages of such values.
fn is_bulky(data_type: &DataType, encoding: Option<Encoding>) -> bool {
    is_text(data_type) || encoding == Some(Encoding::BYTE_STREAM_SPLIT)
}

/// Pages at hand count for the bytes that end a row group: all of them together leave a quarter of these.
fn bulky_page_bytes(row_group_bytes: usize, columns: usize) -> usize {
    (row_group_bytes / 4 * 3 / columns.max(1)).clamp(PAGE_BYTES, BULKY_PAGE_BYTES)
}

/// The encoding of values that no dictionary holds, where it is not PLAIN.
fn encoding_of(data_type: &DataType, encodings: Encodings) -> Option<Encoding> {
    match data_type {
        DataType::Float32 | DataType::Float64 => (encodings == Encodings::Split).then_some(Encoding::BYTE_STREAM_SPLIT),
        _ => delta_of(data_type).filter(|_| encodings != Encodings::Plain),
    }
}

/// Measured on ten mixed columns with zstd 1, against PLAIN: 30 % less processor time, for zstd has less to look at, and
/// 10 % smaller files.
fn delta_of(data_type: &DataType) -> Option<Encoding> {
    use DataType::*;
    match data_type {
        Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 | Date32 | Time32(_) | Time64(_)
        | Timestamp(..) => Some(Encoding::DELTA_BINARY_PACKED),
        Decimal128(precision, _) if *precision <= INT64_PRECISION => Some(Encoding::DELTA_BINARY_PACKED),
        other if is_text(other) => Some(Encoding::DELTA_LENGTH_BYTE_ARRAY),
        _ => None,
    }
}

fn is_text(data_type: &DataType) -> bool {
    use DataType::*;
    matches!(data_type, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView)
}

fn common(options: &Options) -> Result<WriterPropertiesBuilder> {
    let statistics = if options.statistics { EnabledStatistics::Chunk } else { EnabledStatistics::None };
    Ok(WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(options.compression.codec()?)
        .set_statistics_enabled(statistics)
        .set_statistics_truncate_length(Some(BOUND_BYTES))
        // Bounds of pages are not kept either, so nothing would be found by their places.
        .set_offset_index_disabled(true)
        .set_dictionary_page_size_limit(dictionary::PAGE_BYTES)
        .set_data_page_size_limit(if options.page_bytes == 0 { PAGE_BYTES } else { options.page_bytes })
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(WRITE_BATCH))
}
