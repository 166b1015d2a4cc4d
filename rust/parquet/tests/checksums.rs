//! What a file's columns come to, against the vectors that TypeScript is held to as well.
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::*;
use arrow_schema::{Field, Schema};
use dativo_parquet::{ColumnChecksum, FileWriter, Options};
use serde_json::Value;
use std::sync::Arc;

/// Cells as the array that the type has.
fn array_of(kind: &str, cells: &[Option<&str>]) -> ArrayRef {
    let parsed = || cells.iter().map(|cell| cell.map(|text| text.parse::<i64>().unwrap()));
    let longs = || parsed().collect::<Int64Array>();
    let bytes =
        |text: &str| (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect();
    match kind {
        "string" => Arc::new(StringArray::from(cells.to_vec())),
        "integer" => Arc::new(longs()),
        "double" => Arc::new(
            cells.iter().map(|cell| cell.map(|text| text.parse().unwrap())).collect::<PrimitiveArray<Float64Type>>(),
        ),
        "boolean" => Arc::new(cells.iter().map(|cell| cell.map(|text| text == "true")).collect::<BooleanArray>()),
        "date" => Arc::new(Date32Array::from_iter(parsed().map(|days| days.map(|days| days as i32)))),
        "time" => Arc::new(longs().reinterpret_cast::<types::Time64MicrosecondType>()),
        "timestamp" => Arc::new(longs().reinterpret_cast::<types::TimestampMicrosecondType>()),
        "timestamptz" => Arc::new(longs().reinterpret_cast::<types::TimestampMicrosecondType>().with_timezone("UTC")),
        "binary" => {
            let owned: Vec<Option<Vec<u8>>> = cells.iter().map(|cell| cell.map(bytes)).collect();
            Arc::new(BinaryArray::from_iter(owned))
        }
        decimal => {
            let (precision, scale) = decimal["decimal(".len()..decimal.len() - 1].split_once(',').unwrap();
            let unscaled = cells.iter().map(|cell| cell.map(|text| text.parse::<i128>().unwrap()));
            let array = Decimal128Array::from_iter(unscaled);
            Arc::new(array.with_precision_and_scale(precision.parse().unwrap(), scale.parse().unwrap()).unwrap())
        }
    }
}

/// Writes an array in pieces of so many rows, and says what the file tells of its column.
fn written(array: &ArrayRef, rows: usize) -> ColumnChecksum {
    let folder = tempfile::tempdir().unwrap();
    let field = Field::new("c", array.data_type().clone(), true);
    let schema = Arc::new(Schema::new(vec![field]));
    let mut writer = FileWriter::create(folder.path().join("c.parquet"), schema.clone(), Options::default()).unwrap();
    for start in (0..array.len()).step_by(rows) {
        let part = array.slice(start, rows.min(array.len() - start));
        writer.write(RecordBatch::try_new(schema.clone(), vec![part]).unwrap()).unwrap();
    }
    writer.finish().unwrap().checksums.remove(0)
}

#[test]
fn columns_come_to_what_the_vectors_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/vectors/checksums.json");
    let vectors: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(vectors.len() > 15);
    for vector in &vectors {
        let typed = vector.get("typed").unwrap_or(&vector["cells"]).as_array().unwrap();
        let cells: Vec<Option<&str>> = typed.iter().map(Value::as_str).collect();
        let kind = vector["type"].as_str().unwrap();
        let sum = u128::from_str_radix(vector["sum"].as_str().unwrap(), 16).unwrap();
        let expected = ColumnChecksum {
            name: "c".into(),
            values: vector["values"].as_u64().unwrap(),
            nulls: vector["nulls"].as_u64().unwrap(),
            sum: Some((kind.into(), sum)),
        };
        let array = array_of(kind, &cells);
        for rows in [1, 2, 3, 1000] {
            assert_eq!(written(&array, rows), expected, "{} in pieces of {rows}", vector["note"]);
        }
    }
}

#[test]
fn lists_are_counted_and_not_summed() {
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1)]), None, Some(vec![])]);
    let array: ArrayRef = Arc::new(lists);
    assert_eq!(written(&array, 2), ColumnChecksum { name: "c".into(), values: 2, nulls: 1, sum: None });
}

#[test]
fn narrow_types_come_to_what_the_wide_ones_do() {
    let values = [1i64, 2, 100, -3].map(Some);
    let wide: ArrayRef = Arc::new(Int64Array::from_iter(values));
    let narrow: [ArrayRef; 3] = [
        Arc::new(Int8Array::from_iter(values.map(|v| v.map(|v| v as i8)))),
        Arc::new(Int16Array::from_iter(values.map(|v| v.map(|v| v as i16)))),
        Arc::new(Int32Array::from_iter(values.map(|v| v.map(|v| v as i32)))),
    ];
    for array in &narrow {
        assert_eq!(written(array, 3), written(&wide, 3));
    }
    let singles: ArrayRef = Arc::new(Float32Array::from(vec![0.5, -0.0]));
    let doubles: ArrayRef = Arc::new(Float64Array::from(vec![0.5, -0.0]));
    assert_eq!(written(&singles, 1), written(&doubles, 2));
    let millis: ArrayRef = Arc::new(PrimitiveArray::<types::TimestampMillisecondType>::from(vec![1, -1]));
    let micros: ArrayRef = Arc::new(PrimitiveArray::<types::TimestampMicrosecondType>::from(vec![1000, -1000]));
    assert_eq!(written(&millis, 1), written(&micros, 1));
    let nanos: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1]));
    assert_eq!(written(&nanos, 1).sum, None);
}
