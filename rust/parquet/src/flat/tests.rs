//! Arrays at random, written here and by the library: what is read is what was written, and the metadata are the same.
use super::{Codec, Settings, column_of};
use crate::lane::{Chunk, Gathering, Job, Lane, Opening};
use crate::schema::to_parquet_schema;
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use std::fmt::Debug;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

const ROUNDS: u64 = 100;

/// Splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Numbers that are close, far apart, few, in order, or all the same.
    fn numbers(&mut self, rows: usize) -> Vec<u64> {
        let (way, start) = (self.below(6), self.next());
        let number = |row: usize, random: &mut Self| match way {
            0 => random.next(),
            1 => random.next() % 1000,
            2 => start.wrapping_add(row as u64 * 3),
            3 => start,
            4 => random.one_of(&[0, 1, u64::MAX, 1 << 63, 1 << 31, (1 << 63) - 1, 0x7ff8 << 48, 0xfff8 << 48]),
            _ => random.next() >> random.below(64),
        };
        (0..rows).map(|row| number(row, self)).collect()
    }

    /// Texts that are few, short, long, alike in the beginning, or none.
    fn texts(&mut self, rows: usize) -> Vec<String> {
        let way = self.below(6);
        let alphabet = ['a', 'b', 'é', '\u{7f}', '€', '\u{d7ff}', '🏔', '\u{10ffff}', '\0'];
        let text = |_| match way {
            0 => format!("value {}", self.below(20)),
            1 => (0..self.below(12)).map(|_| self.one_of(&alphabet)).collect(),
            2 => "long ".repeat(self.below(400)),
            3 => format!("https://example.com/{:x}", self.next()),
            4 => String::new(),
            _ => (0..self.below(40)).map(|_| self.one_of(&alphabet)).collect(),
        };
        (0..rows).map(text).collect()
    }

    /// None, some, half, all, in long runs, or none though they are said.
    fn nulls(&mut self, rows: usize) -> Option<NullBuffer> {
        let way = self.below(6);
        let is_valid = |row: usize| match way {
            1 => self.below(20) > 0,
            2 => self.below(2) > 0,
            3 => false,
            4 => !(row / 700).is_multiple_of(2),
            _ => true,
        };
        (way > 0).then(|| NullBuffer::new(BooleanBuffer::collect_bool(rows, is_valid)))
    }

    fn array(&mut self, data_type: &DataType, rows: usize) -> ArrayRef {
        let nulls = self.nulls(rows);
        macro_rules! numbers {
            ($type:ty, $of:expr) => {{
                let values: Vec<_> = self.numbers(rows).into_iter().map($of).collect();
                Arc::new(PrimitiveArray::<$type>::new(values.into(), nulls).with_data_type(data_type.clone()))
            }};
        }
        // Rows without value have bytes of their own, as arrays of others may.
        macro_rules! texts {
            ($type:ty) => {{
                let texts = self.texts(rows);
                let offsets = OffsetBuffer::from_lengths(texts.iter().map(String::len));
                Arc::new(GenericByteArray::<$type>::new(offsets, texts.concat().into_bytes().into(), nulls))
            }};
        }
        match data_type {
            DataType::Boolean => {
                let values = self.numbers(rows);
                Arc::new(BooleanArray::new(BooleanBuffer::collect_bool(rows, |row| values[row] & 4 > 0), nulls))
            }
            DataType::Int8 => numbers!(Int8Type, |number| number as i8),
            DataType::Int16 => numbers!(Int16Type, |number| number as i16),
            DataType::Int32 => numbers!(Int32Type, |number| number as i32),
            DataType::Int64 => numbers!(Int64Type, |number| number as i64),
            DataType::UInt8 => numbers!(UInt8Type, |number| number as u8),
            DataType::UInt16 => numbers!(UInt16Type, |number| number as u16),
            DataType::UInt32 => numbers!(UInt32Type, |number| number as u32),
            DataType::UInt64 => numbers!(UInt64Type, |number| number),
            DataType::Float32 => numbers!(Float32Type, |number| f32::from_bits(number as u32)),
            DataType::Float64 => numbers!(Float64Type, f64::from_bits),
            DataType::Date32 => numbers!(Date32Type, |number| number as i32),
            DataType::Time32(TimeUnit::Second) => numbers!(Time32SecondType, |number| (number % 86_400) as i32),
            DataType::Time32(_) => numbers!(Time32MillisecondType, |number| (number % 86_400_000) as i32),
            DataType::Time64(TimeUnit::Microsecond) => numbers!(Time64MicrosecondType, |number| number as i64),
            DataType::Time64(_) => numbers!(Time64NanosecondType, |number| number as i64),
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                numbers!(TimestampMillisecondType, |number| number as i64)
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => numbers!(TimestampNanosecondType, |number| number as i64),
            DataType::Timestamp(..) => numbers!(TimestampMicrosecondType, |number| number as i64),
            DataType::Decimal128(precision, _) => {
                let end = 10_i128.pow(u32::from(*precision));
                numbers!(Decimal128Type, |number| i128::from(number as i64) % end)
            }
            DataType::Utf8 => texts!(Utf8Type),
            DataType::LargeUtf8 => texts!(LargeUtf8Type),
            DataType::Binary => texts!(BinaryType),
            DataType::LargeBinary => texts!(LargeBinaryType),
            other => unreachable!("{other}"),
        }
    }
}

fn types() -> Vec<DataType> {
    use DataType::*;
    let plain = [Boolean, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float32, Float64, Date32];
    let times = [
        Time32(TimeUnit::Millisecond),
        Time64(TimeUnit::Microsecond),
        Time64(TimeUnit::Nanosecond),
        Timestamp(TimeUnit::Millisecond, None),
        Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Timestamp(TimeUnit::Nanosecond, None),
    ];
    let decimals = [Decimal128(1, 0), Decimal128(9, 2), Decimal128(10, 2), Decimal128(18, 4)];
    let texts = [Utf8, LargeUtf8, Binary, LargeBinary];
    plain.into_iter().chain(times).chain(decimals).chain(texts).collect()
}

/// What is written of one column of a file.
struct Case {
    schema: SchemaRef,
    properties: WriterPropertiesPtr,
    /// The column of each row group, whole and in the arrays that come one after the other.
    groups: Vec<(ArrayRef, Vec<ArrayRef>)>,
    /// Whether the dictionary is given up, sooner or later.
    may_outgrow: bool,
}

fn case(random: &mut Random, data_type: &DataType) -> Case {
    let groups: Vec<_> = (0..1 + random.below(3)).map(|_| group(random, data_type)).collect();
    let has_nulls = groups.iter().any(|(whole, _)| whole.null_count() > 0);
    let field = Field::new("x", data_type.clone(), has_nulls || random.below(2) > 0);
    let dictionary_bytes = random.one_of(&[1, 500, 1 << 20]);
    let statistics = random.one_of(&[EnabledStatistics::Chunk, EnabledStatistics::Chunk, EnabledStatistics::None]);
    let mut properties = WriterProperties::builder()
        .set_compression(random.one_of(&[Compression::UNCOMPRESSED, Compression::ZSTD(ZstdLevel::default())]))
        .set_statistics_enabled(statistics)
        .set_statistics_truncate_length(Some(super::BOUND_BYTES))
        .set_offset_index_disabled(true)
        .set_dictionary_enabled(random.below(2) > 0)
        .set_dictionary_page_size_limit(dictionary_bytes)
        .set_data_page_size_limit(random.one_of(&[1, 100, 5000, 128 << 10, 1 << 20]))
        .set_data_page_row_count_limit(random.one_of(&[1, 77, 1 << 16]));
    if let Some(&encoding) = encodings(data_type).get(random.below(3)) {
        properties = properties.set_column_encoding(ColumnPath::from("x"), encoding);
    }
    Case {
        schema: Arc::new(Schema::new(vec![field])),
        properties: Arc::new(properties.build()),
        groups,
        may_outgrow: dictionary_bytes < 1 << 20,
    }
}

/// An array out of the middle of another, and its pieces of any size.
fn group(random: &mut Random, data_type: &DataType) -> (ArrayRef, Vec<ArrayRef>) {
    let rows = random.one_of(&[1, 3, 8, 64, 300, 5000]);
    let rows = 1 + random.below(rows);
    let (before, after) = (random.below(20), random.below(20));
    let whole = random.array(data_type, before + rows + after).slice(before, rows);
    let most = random.one_of(&[1, 10, 3000, 10_000]);
    let (mut pieces, mut start) = (Vec::new(), 0);
    while start < rows {
        let length = (1 + random.below(most)).min(rows - start);
        pieces.push(whole.slice(start, length));
        start += length;
    }
    (whole, pieces)
}

fn encodings(data_type: &DataType) -> &'static [Encoding] {
    use DataType::*;
    match data_type {
        Boolean => &[],
        Float32 | Float64 => &[Encoding::PLAIN, Encoding::BYTE_STREAM_SPLIT],
        Utf8 | LargeUtf8 | Binary | LargeBinary => &[Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY],
        _ => &[Encoding::PLAIN, Encoding::DELTA_BINARY_PACKED],
    }
}

/// A file of the column, encoded here or by the library.
fn write(case: &Case, is_flat: bool) -> Bytes {
    let root = to_parquet_schema(&case.schema).unwrap();
    let mut file = SerializedFileWriter::new(Vec::new(), root, case.properties.clone()).unwrap();
    let leaf = file.schema_descr().column(0);
    let compression = case.properties.compression(leaf.path());
    let field = Arc::new(case.schema.field(0).clone());
    let flat = is_flat.then(|| column_of(&field, &leaf, compression).expect("a type that is encoded here"));
    let mut codec = Codec::new(compression).unwrap();
    let mut lane = Lane::new(0, field, flat);
    for (index, (_, pieces)) in case.groups.iter().enumerate() {
        let opening = match is_flat {
            true => Opening::Flat(Settings::new(&case.properties, leaf.path())),
            false => Opening::Library(library_writers(case, index)),
        };
        lane.run(Job::Open(opening), &mut codec).unwrap();
        pieces.iter().for_each(|array| lane.run(Job::Encode(array.clone()), &mut codec).unwrap());
        let (to, from) = sync_channel(1);
        lane.run(Job::Close(Arc::new(Gathering::new(1, to))), &mut codec).unwrap();
        let mut row_group = file.next_row_group().unwrap();
        let chunks: Vec<Chunk> = from.recv().unwrap().into_iter().flatten().collect();
        chunks.into_iter().for_each(|chunk| chunk.append_to_row_group(&mut row_group).unwrap());
        row_group.close().unwrap();
    }
    file.into_inner().unwrap().into()
}

fn library_writers(case: &Case, group: usize) -> Vec<parquet::arrow::arrow_writer::ArrowColumnWriter> {
    let root = to_parquet_schema(&case.schema).unwrap();
    let nowhere = SerializedFileWriter::new(io::sink(), root, case.properties.clone()).unwrap();
    ArrowRowGroupWriterFactory::new(&nowhere, case.schema.clone()).create_column_writers(group).unwrap()
}

fn footer(file: &Bytes) -> Arc<ParquetMetaData> {
    ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap().metadata().clone()
}

/// The column of a row group, in pieces.
fn read(file: &Bytes, schema: &SchemaRef, group: usize) -> Vec<ArrayRef> {
    let options = ArrowReaderOptions::new().with_schema(schema.clone());
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file.clone(), options).unwrap();
    let batches = builder.with_row_groups(vec![group]).with_batch_size(1000).build().unwrap();
    batches.map(|batch| batch.unwrap().column(0).clone()).collect()
}

/// Pages begin where the footer says, the data pages behind the dictionary.
fn begins_where_it_says(chunk: &ColumnChunkMetaData, file: &Bytes) {
    let (start, length) = chunk.byte_range();
    let bytes = file.slice(start as usize..(start + length) as usize);
    // A header begins with the number of its kind, in a field of 32 bits.
    let kind_at = |offset: i64| bytes[offset as usize - start as usize..][..2].to_vec();
    assert_eq!(kind_at(chunk.data_page_offset()), [0x15, 0]);
    if let Some(offset) = chunk.dictionary_page_offset() {
        assert_eq!(kind_at(offset), [0x15, 4]);
        assert_eq!(offset as u64, start);
    }
}

/// What the footer says of a chunk, but for its sizes and places.
fn described(chunk: &ColumnChunkMetaData, with_encodings: bool) -> impl PartialEq + Debug {
    let statistics = chunk.statistics().map(|statistics| {
        let bounds = [statistics.min_bytes_opt(), statistics.max_bytes_opt()].map(|bound| bound.map(<[u8]>::to_vec));
        let counts = [statistics.null_count_opt(), statistics.nan_count_opt(), statistics.distinct_count_opt()];
        let exact = [statistics.min_is_exact(), statistics.max_is_exact()];
        let is_old = [statistics.is_min_max_deprecated(), statistics.is_min_max_backwards_compatible()];
        (bounds, counts, exact, is_old)
    });
    let mut encodings: Vec<_> = chunk.encodings().collect();
    encodings.sort();
    let pages = chunk
        .page_encoding_stats()
        .map(|pages| pages.iter().map(|pages| (pages.page_type, pages.encoding)).collect::<Vec<_>>());
    (
        statistics,
        with_encodings.then_some((encodings, pages, chunk.dictionary_page_offset().is_some())),
        (chunk.num_values(), chunk.compression_codec(), chunk.unencoded_byte_array_data_bytes()),
        chunk.definition_level_histogram().map(|levels| levels.values().to_vec()),
    )
}

fn comes_back(case: &Case, file: &Bytes, name: &str) {
    for (index, (whole, _)) in case.groups.iter().enumerate() {
        let mut rows = 0;
        for read in read(file, &case.schema, index) {
            assert_eq!(read.to_data(), whole.slice(rows, read.len()).to_data(), "{name}, row {rows} of group {index}");
            rows += read.len();
        }
        assert_eq!(rows, whole.len(), "{name}");
    }
}

fn is_described_as_by_the_library(case: &Case, file: &Bytes, name: &str) {
    let (ours, theirs) = (footer(file), footer(&write(case, false)));
    assert_eq!(ours.num_row_groups(), theirs.num_row_groups(), "{name}");
    for (ours, theirs) in ours.row_groups().iter().zip(theirs.row_groups()) {
        begins_where_it_says(ours.column(0), file);
        let [ours, theirs] = [ours, theirs].map(|group| described(group.column(0), !case.may_outgrow));
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn any_column_comes_back_and_is_described_as_by_the_library() {
    for data_type in types() {
        for round in 0..ROUNDS {
            let (case, name) = (case(&mut Random(round), &data_type), format!("{data_type}, round {round}"));
            let file = write(&case, true);
            comes_back(&case, &file, &name);
            is_described_as_by_the_library(&case, &file, &name);
        }
    }
}
