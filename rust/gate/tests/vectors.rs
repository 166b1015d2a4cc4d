//! The table of `test/vectors/` that every implementation of the conversion is run against.

use dativo_gate::{Cell, Cells, Column, DataType, cell_text, convert};
use serde_json::{Value, json};

struct One<'t>(&'t str);

// SAFETY: they are literals of Rust.
unsafe impl Cells for One<'_> {
    fn len(&self) -> usize {
        1
    }
    fn get<'a>(&'a self, _: usize, _: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        Some(self.0.as_bytes())
    }
}

/// A cell as the table writes it.
fn written(cell: &Cell, data_type: &DataType) -> Value {
    match cell {
        Cell::Integer(value) if value.unsigned_abs() > 9_007_199_254_740_991 => {
            json!(format!("{value}n"))
        }
        Cell::Integer(value) => json!(*value as f64),
        Cell::Double(value) if value.is_finite() => json!(value),
        Cell::Boolean(value) => json!(value),
        Cell::Binary(bytes) => json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        other => json!(cell_text(other, data_type)),
    }
}

#[test]
fn every_text_becomes_what_the_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/vectors/text-to-type.json");
    let vectors: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut tried = 0;
    for vector in &vectors {
        let data_type = DataType::parse(vector["type"].as_str().unwrap()).unwrap();
        if matches!(data_type, DataType::Nested(_)) {
            continue;
        }
        let text = vector["text"].as_str().unwrap();
        let mut column = Column::new(data_type.clone());
        let mut misfits = Vec::new();
        column.fill(&One(text), &mut misfits);
        match (vector.get("misfit"), convert(text.as_bytes(), &data_type)) {
            (Some(misfit), Err(found)) => {
                assert_eq!(misfit, found.code(), "{vector}");
                assert_eq!((column.cell(0), misfits), (None, vec![(0, found)]), "{vector}");
            }
            (None, Ok(cell)) => {
                let expected = match &vector["cell"] {
                    Value::Number(number) => json!(number.as_f64()),
                    other => other.clone(),
                };
                assert_eq!(written(&cell, &data_type), expected, "{vector}");
                assert_eq!(format!("{:?}", column.cell(0)), format!("{:?}", Some(cell)), "{vector}");
            }
            (_, found) => panic!("{vector}: {found:?}"),
        }
        tried += 1;
    }
    assert!(tried > 150);
}

#[test]
fn doubles_are_the_nearest_ones() {
    // Round numbers, halves between neighbours, and the ends of the range, against the standard library.
    let mut seed = 7u64;
    for _ in 0..200_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bits = f64::from_bits(seed);
        let digits = seed >> (seed & 63);
        for text in [
            format!("{bits:e}"),
            format!("{}.{}", digits >> 20, seed >> 45),
            format!("{digits}e{}", (seed >> 32) as i8 / 4),
            format!("0.{digits:020}"),
            digits.to_string(),
        ] {
            let Ok(expected) = text.parse::<f64>() else {
                continue;
            };
            match convert(text.as_bytes(), &DataType::Double) {
                Ok(Cell::Double(found)) => assert!(found.to_bits() == expected.to_bits() || found.is_nan(), "{text}"),
                other => assert!(expected.is_infinite(), "{text}: {other:?}"),
            }
        }
    }
}
