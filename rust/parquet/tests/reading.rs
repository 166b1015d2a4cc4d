//! Columns that are asked for, and row groups that are left out.
mod support;

use arrow_array::*;
use arrow_schema::{DataType, Field, Schema};
use dativo_parquet::{FileReader, Literal, Op, Options, Predicate, ReadOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::write;

/// Ten row groups of 1000 rows, in which every column grows; `nothing` is null throughout.
fn file(folder: &Path) -> PathBuf {
    let path = folder.join("x.parquet");
    let rows = 0..10_000_i64;
    let wide = Decimal128Array::from_iter_values(rows.clone().map(|i| i128::from(i - 5000) * 10_i128.pow(20)));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(rows.clone()))),
        ("day", Arc::new(Date32Array::from_iter_values(rows.clone().map(|i| i as i32)))),
        ("double", Arc::new(Float64Array::from_iter_values(rows.clone().map(|i| i as f64 / 10.0)))),
        ("text", Arc::new(StringArray::from_iter_values(rows.map(|i| format!("a text of number {i:05} at the end"))))),
        ("wide", Arc::new(wide.with_precision_and_scale(38, 2).unwrap())),
        ("nothing", Arc::new(Int64Array::new_null(10_000))),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
    write(&path, &[batch], Options { row_group_size: 1000, ..Options::default() });
    path
}

fn rows(path: &Path, column: &str, op: Op, value: Literal) -> usize {
    let predicates = vec![Predicate { column: column.to_owned(), op, value }];
    let options = ReadOptions { predicates, ..ReadOptions::default() };
    FileReader::open(path).unwrap().read(&options).unwrap().map(|batch| batch.unwrap().num_rows()).sum()
}

#[test]
fn columns_in_the_order_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let reader = FileReader::open(file(folder.path())).unwrap();
    assert_eq!((reader.rows(), reader.row_groups(), reader.schema().fields().len()), (10_000, 10, 6));
    let columns = Some(vec!["text".to_owned(), "id".to_owned()]);
    let batches = reader.read(&ReadOptions { columns, batch_rows: 1500, ..ReadOptions::default() }).unwrap();
    let names: Vec<_> = batches.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["text", "id"]);
    let batches: Vec<_> = batches.map(Result::unwrap).collect();
    assert!(batches.iter().all(|batch| batch.num_rows() <= 1500));
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 10_000);
    let ids = batches[0].column(1).as_any().downcast_ref::<Int64Array>().unwrap();
    assert_eq!(ids.value(7), 7);
}

#[test]
fn row_groups_are_left_out_by_their_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    assert_eq!(rows(&path, "id", Op::Equal, Literal::Integer(1500)), 1000);
    assert_eq!(rows(&path, "id", Op::Equal, Literal::Integer(10_000)), 0);
    assert_eq!(rows(&path, "id", Op::Less, Literal::Integer(1000)), 1000);
    assert_eq!(rows(&path, "id", Op::LessOrEqual, Literal::Integer(1000)), 2000);
    assert_eq!(rows(&path, "id", Op::Greater, Literal::Integer(8999)), 1000);
    assert_eq!(rows(&path, "id", Op::GreaterOrEqual, Literal::Integer(8999)), 2000);
    assert_eq!(rows(&path, "day", Op::Equal, Literal::Integer(42)), 1000);
    assert_eq!(rows(&path, "double", Op::Greater, Literal::Double(950.0)), 1000);
    assert_eq!(rows(&path, "wide", Op::Less, Literal::Integer(-4500 * 10_i128.pow(20))), 1000);
    assert_eq!(rows(&path, "nothing", Op::Equal, Literal::Integer(0)), 0);
}

#[test]
fn cut_bounds_and_other_types_leave_nothing_out_that_may_match() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    // All texts have the first sixteen bytes in common, which is all that the bounds hold.
    let text = Literal::Bytes(b"a text of number 04200 at the end".to_vec());
    assert_eq!(rows(&path, "text", Op::Equal, text), 10_000);
    assert_eq!(rows(&path, "text", Op::Less, Literal::Bytes(b"a".to_vec())), 0);
    assert_eq!(rows(&path, "id", Op::Equal, Literal::Double(1.0)), 10_000);
    assert_eq!(rows(&path, "double", Op::Equal, Literal::Double(f64::NAN)), 10_000);
}

#[test]
fn json_keeps_its_mark() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let marked = [("ARROW:extension:name".to_owned(), "arrow.json".to_owned())];
    let schema = Schema::new(vec![Field::new("x", DataType::Utf8, true).with_metadata(marked)]);
    let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(StringArray::from(vec!["{}"]))]).unwrap();
    write(&path, std::slice::from_ref(&batch), Options::default());
    let reader = FileReader::open(&path).unwrap();
    assert_eq!(reader.schema().field(0), batch.schema().field(0));
    assert_eq!(reader.read(&ReadOptions::default()).unwrap().next().unwrap().unwrap().column(0), batch.column(0));
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    let columns = Some(vec!["other".to_owned()]);
    let options = ReadOptions { columns, ..ReadOptions::default() };
    let error = FileReader::open(&path).unwrap().read(&options).err().unwrap().to_string();
    assert!(error.contains("'other'") && error.contains(path.to_str().unwrap()), "{error}");
    assert_eq!(FileReader::open(folder.path().join("y")).err().unwrap().io_kind(), Some(std::io::ErrorKind::NotFound));
}

/// Each in turn cut short and changed in one place: an error or other values, and no end of the process.
#[test]
fn damaged_files_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(file(folder.path())).unwrap();
    let path = folder.path().join("damaged.parquet");
    std::panic::set_hook(Box::new(|_| {}));
    for step in 0..300 {
        let at = step * 7919 % whole.len();
        let mut bytes = whole.clone();
        if step % 10 == 0 {
            bytes.truncate(at)
        } else {
            bytes[at] ^= 1 << (step % 8)
        }
        std::fs::write(&path, bytes).unwrap();
        if let Ok(reader) = FileReader::open(&path) {
            let _ = reader.read(&ReadOptions::default()).map(|batches| batches.for_each(drop));
        }
    }
    let _ = std::panic::take_hook();
}
