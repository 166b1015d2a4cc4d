//! What is written is what is read, for every type of the design and its extremes.
mod support;

use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder};
use arrow_array::types::Int64Type;
use arrow_array::*;
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use dativo_parquet::{Compression, Encodings, Options};
use parquet::basic::Encoding;
use std::sync::Arc;
use support::{metadata, read, write};

/// Days and microseconds of 0001-01-01 and 9999-12-31T23:59:59.999999.
const YEAR_1: i32 = -719_162;
const YEAR_9999: i32 = 2_932_896;
const MICROS_1: i64 = YEAR_1 as i64 * 86_400_000_000;
const MICROS_9999: i64 = (YEAR_9999 as i64 + 1) * 86_400_000_000 - 1;

fn one(name: &str, column: ArrayRef, nullable: bool) -> RecordBatch {
    let field = Field::new(name, column.data_type().clone(), nullable);
    RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![column]).unwrap()
}

fn comes_back(column: ArrayRef) {
    let folder = tempfile::tempdir().unwrap();
    for nullable in [true, false] {
        if !nullable && column.null_count() > 0 {
            continue;
        }
        let path = folder.path().join(format!("{nullable}.parquet"));
        let batch = one("x", column.clone(), nullable);
        write(&path, std::slice::from_ref(&batch), Options::default());
        let mut rows = 0;
        for back in read(&path) {
            assert_eq!(back.column(0).as_ref(), column.slice(rows, back.num_rows()).as_ref());
            assert_eq!(back.schema().field(0).is_nullable(), nullable);
            assert_eq!(back.schema().field(0).data_type(), column.data_type());
            rows += back.num_rows();
        }
        assert_eq!(rows, column.len());
    }
}

#[test]
fn integers() {
    comes_back(Arc::new(Int64Array::from(vec![i64::MIN, -1, 0, 1, 9_007_199_254_740_993, i64::MAX])));
    comes_back(Arc::new(Int64Array::from(vec![None, Some(i64::MIN), None, Some(i64::MAX)])));
    comes_back(Arc::new(Int64Array::from(vec![None, None])));
}

/// Too many distinct values for a dictionary, and differences that do not fit their type.
#[test]
fn unique_values_of_the_whole_range() {
    let spread = |i: i64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64);
    let integers = (0..20_000).map(|i| match i % 5 {
        0 => Some(i64::MIN + i),
        1 => Some(i64::MAX - i),
        2 => None,
        _ => Some(spread(i)),
    });
    comes_back(Arc::new(Int64Array::from_iter(integers)));
    comes_back(Arc::new(TimestampMicrosecondArray::from_iter_values((0..5000).map(|i| MICROS_1 + i * i))));
    comes_back(Arc::new(Date32Array::from_iter_values(
        (0..5000).map(|i| if i % 2 > 0 { YEAR_1 + i } else { YEAR_9999 - i }),
    )));
    let unscaled = (0..5000).map(|i| Some(i128::from(spread(i) % 1_000_000_000_000_000_000)));
    comes_back(Arc::new(Decimal128Array::from_iter(unscaled).with_precision_and_scale(18, 4).unwrap()));
    let wide = (0..5000).map(|i| Some(i128::from(spread(i)) * 1_000_000_007));
    comes_back(Arc::new(Decimal128Array::from_iter(wide).with_precision_and_scale(38, 9).unwrap()));
    let texts = (0..5000).map(|i| (i % 7 > 0).then(|| format!("{:x}", spread(i))));
    comes_back(Arc::new(StringArray::from_iter(texts)));
    comes_back(Arc::new(BinaryArray::from_iter_values((0..5000).map(|i| spread(i).to_le_bytes()))));
}

#[test]
fn doubles_by_their_bits() {
    let values = [0.0, -0.0, f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 5e-324];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    // Often enough for a dictionary.
    let many: Vec<f64> = values.iter().copied().cycle().take(8_000).collect();
    write(&path, &[one("x", Arc::new(Float64Array::from(many.clone())), true)], Options::default());
    let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    let back: Vec<f64> = read(&path)
        .iter()
        .flat_map(|batch| batch.column(0).as_any().downcast_ref::<Float64Array>().unwrap().values().to_vec())
        .collect();
    assert_eq!(bits(&back), bits(&many));
}

#[test]
fn decimals_of_every_width() {
    for (precision, scale) in [(1, 0), (9, 9), (10, 2), (12, 2), (18, 4), (19, 4), (29, 0), (38, 0), (38, 9), (38, 38)]
    {
        let greatest = 10_i128.pow(u32::from(precision)) - 1;
        let values = vec![Some(greatest), Some(-greatest), Some(0), None, Some(1), Some(-1)];
        let array = Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap();
        comes_back(Arc::new(array));
    }
}

#[test]
fn dates_times_and_timestamps() {
    comes_back(Arc::new(Date32Array::from(vec![Some(YEAR_1), Some(-1), None, Some(0), Some(YEAR_9999)])));
    let stamps = vec![Some(MICROS_1), Some(-1), None, Some(0), Some(MICROS_9999)];
    comes_back(Arc::new(TimestampMicrosecondArray::from(stamps.clone())));
    comes_back(Arc::new(TimestampMicrosecondArray::from(stamps).with_timezone("UTC")));
    comes_back(Arc::new(Time64MicrosecondArray::from(vec![Some(0), None, Some(86_399_999_999)])));
}

#[test]
fn text_bytes_and_booleans() {
    let long = "x".repeat(3 << 20);
    comes_back(Arc::new(StringArray::from(vec![Some(""), None, Some("Zürich 🏔"), Some("\0"), Some(&long)])));
    comes_back(Arc::new(BinaryArray::from(vec![Some(&b""[..]), None, Some(&[0, 255, 254])])));
    comes_back(Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])));
}

#[test]
fn lists_and_structs() {
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
        Some(vec![Some(1), None, Some(i64::MAX)]),
        None,
        Some(vec![]),
        Some(vec![None]),
    ]);
    let list = relabelled(list);
    comes_back(Arc::new(list.clone()));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3), None]));
    let fields = Fields::from(vec![
        Field::new("n", DataType::Int64, true),
        Field::new("s", DataType::Utf8, false),
        Field::new("l", list.data_type().clone(), true),
    ]);
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c", "d"]));
    let nulls = NullBuffer::from(vec![true, true, true, true]);
    comes_back(Arc::new(StructArray::new(fields, vec![numbers, texts, Arc::new(list)], Some(nulls))));
}

#[test]
fn lists_of_structs_of_lists() {
    let mut inner = ListBuilder::new(StringBuilder::new()).with_field(Field::new("element", DataType::Utf8, true));
    inner.append_value([Some("a"), None]);
    inner.append_null();
    inner.append_value([Some("b")]);
    let inner = inner.finish();
    let mut numbers = Int64Builder::new();
    numbers.append_value(1);
    numbers.append_null();
    numbers.append_value(3);
    let fields = Fields::from(vec![
        Field::new("n", DataType::Int64, true),
        Field::new("texts", inner.data_type().clone(), true),
    ]);
    let structs = StructArray::new(fields.clone(), vec![Arc::new(numbers.finish()), Arc::new(inner)], None);
    let offsets = arrow_buffer::OffsetBuffer::new(vec![0, 2, 2, 3].into());
    let element = Arc::new(Field::new("element", DataType::Struct(fields), true));
    comes_back(Arc::new(ListArray::new(element, offsets, Arc::new(structs), None)));
}

/// Items are named `element` in every file, whatever the library that made them calls them.
fn relabelled(list: ListArray) -> ListArray {
    let (field, offsets, values, nulls) = list.into_parts();
    ListArray::new(Arc::new(field.as_ref().clone().with_name("element")), offsets, values, nulls)
}

#[test]
fn items_of_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1)])]);
    write(&path, &[one("x", Arc::new(list.clone()), true)], Options::default());
    let back = read(&path);
    assert_eq!(back[0].column(0).as_ref(), &relabelled(list) as &dyn Array);
}

#[test]
fn json_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let marked = [("ARROW:extension:name".to_owned(), "arrow.json".to_owned())];
    let field = Field::new("x", DataType::Utf8, true).with_metadata(marked);
    let column: ArrayRef = Arc::new(StringArray::from(vec![Some("{\"a\":1}"), None]));
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![column.clone()]).unwrap();
    write(&path, &[batch], Options::default());
    assert_eq!(read(&path)[0].column(0), &column);
    let metadata = metadata(&path);
    let leaf = metadata.file_metadata().schema_descr().column(0);
    assert_eq!(leaf.logical_type_ref(), Some(&parquet::basic::LogicalType::Json));
    // Whole documents would swell the footer, and their order means nothing.
    let statistics = metadata.row_group(0).column(0).statistics().unwrap();
    assert_eq!((statistics.null_count_opt(), statistics.min_bytes_opt()), (Some(1), None));
}

#[test]
fn every_codec() {
    let folder = tempfile::tempdir().unwrap();
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..10_000).map(|i| format!("value {i}"))));
    let codecs = [
        Compression::None,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Gzip(6),
        Compression::Zstd(1),
        Compression::Zstd(22),
    ];
    for compression in codecs {
        let path = folder.path().join(format!("{compression:?}.parquet"));
        write(&path, &[one("x", texts.clone(), false)], Options { compression, ..Options::default() });
        let back: Vec<_> = read(&path).iter().map(|batch| batch.column(0).clone()).collect();
        let start = back.iter().map(|column| column.len()).sum::<usize>();
        assert_eq!(start, 10_000);
        assert_eq!(back[0].as_ref(), texts.slice(0, back[0].len()).as_ref());
    }
}

/// Columns that are encoded by the crate and by the library below it, in turn, in many row groups of many pages.
#[test]
fn columns_of_all_kinds_side_by_side() {
    let rows = 30_000_i64;
    let some = |i: i64| i % 11 > 0;
    let lists = (0..rows).map(|i| some(i).then(|| (0..i % 4).map(move |item| some(item).then_some(item * i))));
    let wide = Decimal128Array::from_iter((0..rows).map(|i| some(i).then_some(i128::from(i) << 70)));
    let small = Decimal128Array::from_iter((0..rows).map(|i| some(i).then_some(i128::from(i * i - 700))));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..rows))),
        ("list", Arc::new(relabelled(ListArray::from_iter_primitive::<Int64Type, _, _>(lists)))),
        ("text", Arc::new(StringArray::from_iter((0..rows).map(|i| some(i).then(|| format!("text {}", i * i)))))),
        ("wide", Arc::new(wide.with_precision_and_scale(38, 2).unwrap())),
        ("small", Arc::new(small.with_precision_and_scale(12, 2).unwrap())),
        ("double", Arc::new(Float64Array::from_iter((0..rows).map(|i| some(i).then_some(i as f64 / 7.0))))),
        ("float", Arc::new(Float32Array::from_iter_values((0..rows).map(|i| i as f32)))),
        ("fixed", Arc::new(FixedSizeBinaryArray::try_from_iter((0..rows).map(|i| i.to_be_bytes())).unwrap())),
        ("flag", Arc::new(BooleanArray::from_iter((0..rows).map(|i| some(i).then_some(i % 3 > 0))))),
        ("few", Arc::new(StringArray::from_iter_values((0..rows).map(|i| ["a", "b", "c"][i as usize % 3])))),
    ];
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let codecs = [Compression::None, Compression::Snappy, Compression::Lz4, Compression::Gzip(1), Compression::Zstd(1)];
    for (number, compression) in codecs.into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.parquet"));
        let options = Options {
            compression,
            row_group_size: 13_000,
            page_bytes: [0, 1000][number % 2],
            encodings: [Encodings::Delta, Encodings::Plain, Encodings::Delta, Encodings::Split, Encodings::Split]
                [number],
            threads: 1 + number % 3,
            ..Options::default()
        };
        let parts: Vec<_> = (0..15).map(|part| batch.slice(part * 2000, 2000)).collect();
        write(&path, &parts, options);
        let mut rows = 0;
        for back in read(&path) {
            assert_eq!(back.columns(), batch.slice(rows, back.num_rows()).columns(), "{compression:?}");
            rows += back.num_rows();
        }
        assert_eq!(rows, batch.num_rows());
        let encodings: Vec<_> = metadata(&path).row_group(0).column(5).encodings().collect();
        assert_eq!(encodings.contains(&Encoding::BYTE_STREAM_SPLIT), number > 2, "{compression:?}");
    }
}

#[test]
fn timestamps_keep_their_unit() {
    for unit in [TimeUnit::Microsecond, TimeUnit::Millisecond, TimeUnit::Nanosecond] {
        let field = Field::new("x", DataType::Timestamp(unit, None), true);
        let array = arrow_array::new_null_array(field.data_type(), 3);
        comes_back(array);
    }
}

/// To readers of old the converted types TIME_MICROS and TIMESTAMP_MICROS mean UTC.
#[test]
fn only_what_has_a_zone_is_marked_in_the_old_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let fields = vec![
        Field::new("local", DataType::Timestamp(TimeUnit::Microsecond, None), true),
        Field::new("zoned", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("time", DataType::Time64(TimeUnit::Microsecond), true),
        Field::new("day", DataType::Date32, true),
        Field::new("double", DataType::Float64, true),
    ];
    let schema = Arc::new(Schema::new(vec![Field::new("all", DataType::Struct(fields.into()), true)]));
    write(&path, &[RecordBatch::new_empty(schema.clone())], Options::default());
    let bytes = std::fs::read(&path).unwrap();
    // Read by the format's own library, which fills in what the footer leaves out, and byte by byte for the marks.
    assert_eq!(metadata(&path).file_metadata().schema_descr().num_columns(), 5);
    let marks = |name: &str| {
        let at = bytes.windows(name.len()).position(|window| window == name.as_bytes()).unwrap() + name.len();
        // Field 6 as i32 follows a name, field 4, at once.
        bytes[at] == 0x25
    };
    assert_eq!(["local", "zoned", "time", "day"].map(marks), [false, true, false, true]);
    let orders = metadata(&path).file_metadata().column_orders().unwrap().clone();
    assert!(orders.iter().all(|order| matches!(order, parquet::basic::ColumnOrder::TYPE_DEFINED_ORDER(_))));
}
