//! Writes one column of each type with nulls and extremes: `every_type FILE [empty]`. Other readers are tried on it.
use arrow_array::builder::{Int64Builder, ListBuilder};
use arrow_array::*;
use arrow_schema::{DataType, Field, Fields, Schema};
use dativo_parquet::{FileWriter, Options};
use std::sync::Arc;

fn main() {
    let path = std::env::args().nth(1).expect("the path of the file to write");
    let batch = every_type();
    let pairs = vec![("dativo.contract.name".to_owned(), "every_type".to_owned())];
    let options = Options { key_value_metadata: pairs, ..Options::default() };
    let mut writer = FileWriter::create(path, batch.schema(), options).unwrap();
    if std::env::args().nth(2).is_none_or(|word| word != "empty") {
        writer.write(batch).unwrap();
    }
    println!("{:?}", writer.finish().unwrap());
}

fn every_type() -> RecordBatch {
    let (year_1, year_9999) = (-719_162, 2_932_896);
    let (micros_1, micros_9999) = (-62_135_596_800_000_000, 253_402_300_799_999_999);
    let decimal = |precision: u8, scale: i8| {
        let greatest = 10_i128.pow(precision.into()) - 1;
        let values = vec![Some(greatest), Some(-greatest), None, Some(-1)];
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap()) as ArrayRef
    };
    let stamps = vec![Some(micros_1), Some(micros_9999), None, Some(-1)];
    let mut list = ListBuilder::new(Int64Builder::new()).with_field(Field::new("element", DataType::Int64, true));
    list.append_value([Some(i64::MIN), None]);
    list.append_value([]);
    list.append_null();
    list.append_value([None]);
    let members = Fields::from(vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Utf8, false)]);
    let member_a: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, None, Some(i64::MAX)]));
    let member_b: ArrayRef = Arc::new(StringArray::from(vec!["x", "y", "", "z"]));
    let nulls = arrow_buffer::NullBuffer::from(vec![true, true, false, true]);
    let json = [("ARROW:extension:name".to_owned(), "arrow.json".to_owned())];
    let columns: Vec<(Field, ArrayRef)> = vec![
        column("required", Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX, 0, 9_007_199_254_740_993]))),
        column("integer", Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(i64::MAX), None, Some(-1)]))),
        column("double", Arc::new(Float64Array::from(vec![Some(-0.0), Some(1.5), None, Some(f64::INFINITY)]))),
        column("boolean", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true)]))),
        column("string", Arc::new(StringArray::from(vec![Some(""), Some("Zürich 🏔"), None, Some("\0")]))),
        column("binary", Arc::new(BinaryArray::from(vec![Some(&b""[..]), Some(&[0, 255]), None, Some(b"x")]))),
        column("date", Arc::new(Date32Array::from(vec![Some(year_1), Some(year_9999), None, Some(-1)]))),
        column("time", Arc::new(Time64MicrosecondArray::from(vec![Some(0), Some(86_399_999_999), None, Some(1)]))),
        column("local", Arc::new(TimestampMicrosecondArray::from(stamps.clone()))),
        column("zoned", Arc::new(TimestampMicrosecondArray::from(stamps).with_timezone("UTC"))),
        column("decimal_9_2", decimal(9, 2)),
        column("decimal_12_2", decimal(12, 2)),
        column("decimal_38_9", decimal(38, 9)),
        column("list", Arc::new(list.finish())),
        column("struct", Arc::new(StructArray::new(members, vec![member_a, member_b], Some(nulls)))),
        {
            let text: ArrayRef =
                Arc::new(StringArray::from(vec![Some("{\"a\":[1,null]}"), Some("[]"), None, Some("1")]));
            (Field::new("json", DataType::Utf8, true).with_metadata(json), text)
        },
    ];
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn column(name: &str, array: ArrayRef) -> (Field, ArrayRef) {
    (Field::new(name, array.data_type().clone(), name != "required"), array)
}
