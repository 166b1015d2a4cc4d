//! Row groups, footers, facts, errors, and what is left behind.
mod support;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use dativo_parquet::{FileWriter, Options};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;
use support::{metadata, read, write};

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false), Field::new("text", DataType::Utf8, true)]))
}

fn batch(start: i64, rows: i64) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(start..start + rows));
    let texts = (start..start + rows).map(|i| (i % 3 > 0).then(|| format!("a text that is longer than a bound {i}")));
    RecordBatch::try_new(schema(), vec![ids, Arc::new(StringArray::from_iter(texts))]).unwrap()
}

fn ids(batches: &[RecordBatch]) -> Vec<i64> {
    let values = |batch: &RecordBatch| batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec();
    batches.iter().flat_map(values).collect()
}

#[test]
fn no_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let facts = FileWriter::create(&path, schema(), Options::default()).unwrap().finish().unwrap();
    assert_eq!((facts.rows, facts.row_groups), (0, 0));
    assert!(read(&path).is_empty());
    assert_eq!(metadata(&path).file_metadata().num_rows(), 0);
}

#[test]
fn empty_batches_make_no_row_group() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let facts = write(&path, &[batch(0, 0), batch(0, 0)], Options::default());
    assert_eq!((facts.rows, facts.row_groups), (0, 0));
}

#[test]
fn many_row_groups_from_batches_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    for threads in [1, 2, 4] {
        let path = folder.path().join(format!("{threads}.parquet"));
        let options = Options { row_group_size: 1000, threads, ..Options::default() };
        let sizes = [1, 999, 1000, 1001, 5500, 3, 0, 7, 20_000];
        let mut start = 0;
        let batches: Vec<_> = sizes
            .iter()
            .map(|&rows| {
                start += rows;
                batch(start - rows, rows)
            })
            .collect();
        let facts = write(&path, &batches, options);
        assert_eq!((facts.rows, facts.row_groups), (start as u64, start.unsigned_abs().div_ceil(1000) as usize));
        let metadata = metadata(&path);
        let rows: Vec<_> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
        assert!(rows[..rows.len() - 1].iter().all(|&rows| rows == 1000), "{rows:?}");
        assert_eq!(ids(&read(&path)), (0..start).collect::<Vec<_>>());
    }
}

#[test]
fn a_row_group_of_many_bytes_ends_early() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let batches: Vec<_> = (0..50).map(|i| batch(i * 10_000, 10_000)).collect();
    let facts = write(&path, &batches, Options { row_group_bytes: 100_000, ..Options::default() });
    assert!(facts.row_groups > 4, "{facts:?}");
    assert_eq!(ids(&read(&path)), (0..500_000).collect::<Vec<_>>());
}

#[test]
fn facts_are_those_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let facts = write(&path, &[batch(0, 10_000)], Options { row_group_size: 3000, ..Options::default() });
    let bytes = fs::read(&path).unwrap();
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((facts.size_bytes, facts.sha256, facts.path), (bytes.len() as u64, digest, path));
}

#[test]
fn the_footer_says_who_what_and_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let pairs = vec![("dativo.contract.id".to_owned(), "people".to_owned()), ("b".to_owned(), "2".to_owned())];
    write(&path, &[batch(0, 10)], Options { key_value_metadata: pairs.clone(), ..Options::default() });
    let metadata = metadata(&path);
    let file = metadata.file_metadata();
    assert!(file.created_by().unwrap().starts_with("dativo-ingest version "));
    let kept: Vec<_> = file.key_value_metadata().unwrap().iter().map(|pair| (&pair.key, pair.value.as_ref())).collect();
    assert_eq!(kept, pairs.iter().map(|(key, value)| (key, Some(value))).collect::<Vec<_>>());
    let text = metadata.row_group(0).column(1).statistics().unwrap();
    assert_eq!(text.null_count_opt(), Some(4));
    assert_eq!(text.min_bytes_opt(), Some(&b"a text that is l"[..]));
    assert_eq!(text.max_bytes_opt(), Some(&b"a text that is m"[..]));
    assert!(!text.min_is_exact() && !text.max_is_exact());
}

#[test]
fn statistics_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    write(&path, &[batch(0, 10)], Options { statistics: false, ..Options::default() });
    assert!(metadata(&path).row_group(0).column(0).statistics().is_none());
}

#[test]
fn what_is_given_up_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let options = || Options { row_group_size: 1000, ..Options::default() };
    let mut writer = FileWriter::create(&path, schema(), options()).unwrap();
    (0..20).for_each(|i| writer.write(batch(i * 5000, 5000)).unwrap());
    writer.abort();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    let mut writer = FileWriter::create(&path, schema(), options()).unwrap();
    writer.write(batch(0, 5000)).unwrap();
    drop(writer);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_file_that_exists_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    fs::write(&path, "mine").unwrap();
    let error = FileWriter::create(&path, schema(), Options::default()).err().unwrap();
    assert_eq!(error.io_kind(), Some(ErrorKind::AlreadyExists));
    assert!(error.to_string().contains(path.to_str().unwrap()));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn unfit_batches_and_schemas_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let refusal =
        |schema: Schema| FileWriter::create(&path, Arc::new(schema), Options::default()).err().unwrap().to_string();
    assert!(refusal(Schema::empty()).contains("at least one field"));
    let twice = vec![Field::new("a", DataType::Int64, true), Field::new("a", DataType::Utf8, true)];
    assert!(refusal(Schema::new(twice)).contains("two fields are named 'a'"));
    let hollow = Field::new("a", DataType::Struct(Vec::<Field>::new().into()), true);
    assert!(refusal(Schema::new(vec![hollow])).contains("empty struct"));
    assert!(!path.exists());

    let mut writer = FileWriter::create(&path, schema(), Options::default()).unwrap();
    writer.write(batch(0, 10)).unwrap();
    let nullable = Schema::new(vec![Field::new("id", DataType::Int64, true), Field::new("text", DataType::Utf8, true)]);
    let columns: Vec<ArrayRef> =
        vec![Arc::new(Int64Array::from(vec![Some(1), None])), Arc::new(StringArray::from(vec!["a", "b"]))];
    let holes = RecordBatch::try_new(Arc::new(nullable), columns).unwrap();
    let error = writer.write(holes).unwrap_err().to_string();
    assert!(error.contains("record 12") && error.contains("'id'") && error.contains("not nullable"), "{error}");
    let other = Schema::new(vec![Field::new("id", DataType::Utf8, true)]);
    let other = RecordBatch::try_new(Arc::new(other), vec![Arc::new(StringArray::from(vec!["a"]))]).unwrap();
    assert!(writer.write(other).unwrap_err().to_string().contains("another schema"));
}

#[test]
fn what_is_held_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let mut writer = FileWriter::create(&path, schema(), Options::default()).unwrap();
    assert_eq!(writer.buffered_bytes(), 0);
    writer.write(batch(0, 100)).unwrap();
    let little = writer.buffered_bytes();
    assert!(little > 100 * 8, "{little}");
    writer.write(batch(100, 100_000)).unwrap();
    assert!(writer.buffered_bytes() > little);
}

#[test]
fn two_hundred_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let column = |number: i64| -> ArrayRef {
        match number % 3 {
            0 => Arc::new(Int64Array::from_iter_values((0..20_000).map(|i| i * number))),
            1 => Arc::new(StringArray::from_iter_values((0..20_000).map(|i| (i % number).to_string()))),
            _ => Arc::new(Int64Array::new_null(20_000)),
        }
    };
    let columns = (1..=200).map(|number| (format!("c{number}"), column(number), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let parts: Vec<_> = (0..20).map(|i| batch.slice(i * 1000, 1000)).collect();
    let facts = write(&path, &parts, Options { threads: 4, row_group_size: 7000, ..Options::default() });
    assert_eq!(facts.row_groups, 3);
    let mut rows = 0;
    for back in read(&path) {
        assert_eq!(back.columns(), batch.slice(rows, back.num_rows()).columns());
        rows += back.num_rows();
    }
    assert_eq!(rows, 20_000);
}
