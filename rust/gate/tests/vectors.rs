//! The table of `test/vectors/` that every implementation of the conversion is run against.

use dativo_gate::{Cell, Cells, Column, DataType, Misfit, Text, cell_text, convert};
use serde_json::{Value, json};

/// A text, and what follows it in memory.
struct One<'t> {
    from: &'t [u8],
    length: usize,
}

// SAFETY: they are literals of Rust.
unsafe impl Cells for One<'_> {
    fn len(&self) -> usize {
        1
    }
    fn plain(&self, _: usize) -> Option<Text<'_>> {
        Some(Text::new(self.from, self.length))
    }
    fn get<'a>(&'a self, row: usize, _: &'a mut Vec<u8>) -> Option<Text<'a>> {
        self.plain(row)
    }
}

/// What a column makes of a text, whatever follows it.
fn fill(text: &str, data_type: &DataType) -> Result<Cell, Misfit> {
    let results =
        ["", "0", "99999999999999999999999999999999999999999999999999", ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"].map(
            |rest| {
                let from = [text, rest].concat();
                let mut column = Column::new(data_type.clone());
                let mut misfits = Vec::new();
                column.fill(&One { from: from.as_bytes(), length: text.len() }, &mut misfits);
                column.cell(0).ok_or_else(|| misfits[0].1)
            },
        );
    assert!(
        results.iter().all(|result| format!("{result:?}") == format!("{:?}", results[0])),
        "{text:?} as {data_type}: {results:?}"
    );
    results[0].clone()
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
        let filled = fill(text, &data_type);
        match (vector.get("misfit"), convert(text.as_bytes(), &data_type)) {
            (Some(misfit), Err(found)) => {
                assert_eq!(misfit, found.code(), "{vector}");
                assert_eq!(filled, Err(found), "{vector}");
            }
            (None, Ok(cell)) => {
                let expected = match &vector["cell"] {
                    Value::Number(number) => json!(number.as_f64()),
                    other => other.clone(),
                };
                assert_eq!(written(&cell, &data_type), expected, "{vector}");
                assert_eq!(format!("{filled:?}"), format!("{:?}", Ok::<_, Misfit>(cell)), "{vector}");
            }
            (_, found) => panic!("{vector}: {found:?}"),
        }
        tried += 1;
    }
    assert!(tried > 150);
}

/// A small generator: the tests shall be the same everywhere.
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.next(texts.len())]
    }

    fn digits(&mut self, most: usize) -> String {
        (0..self.next(most + 1)).map(|_| char::from(b'0' + self.next(10) as u8)).collect()
    }
}

/// A text that is a value of the type, or nearly so.
fn likely(seed: &mut Seed, data_type: &DataType) -> String {
    let text = match data_type {
        DataType::Boolean => seed.pick(&["true", "FALSE", "False", "tRuE", "t", "n", "1", "yes", "off"]).to_owned(),
        DataType::Date | DataType::Timestamp { .. } | DataType::Time => {
            let [year, month, day] =
                [[1, 4, 1900, 2000, 2023, 2024, 9999, 0][seed.next(8)], seed.next(14), seed.next(33)];
            let clock = format!("{:02}:{:02}:{:02}", seed.next(25), seed.next(61), seed.next(61));
            let fraction = seed.digits(9);
            let point = if fraction.is_empty() { "" } else { "." };
            let zone = seed.pick(&["", "", "Z", "z", " Z", "+01", "-0330", "+14:00", "ZZ"]);
            let divider = seed.pick(&["T", " ", "t", "-"]);
            match seed.next(3) {
                0 => format!("{year:04}-{month:02}-{day:02}"),
                1 => clock + point + &fraction,
                _ => format!("{year:04}-{month:02}-{day:02}{divider}{clock}{point}{fraction}{zone}"),
            }
        }
        _ => {
            let [sign, point, exponent] =
                [&["", "", "-", "+"][..], &["", ".", "."], &["", "", "", "e1", "E-3"]].map(|texts| seed.pick(texts));
            format!("{sign}{}{point}{}{exponent}", seed.digits(20), seed.digits(12))
        }
    };
    match seed.next(4) {
        0 => {
            let mut chars: Vec<char> = text.chars().chain([' ']).collect();
            let at = seed.next(chars.len());
            chars[at] = [' ', '/', ':', '.', '-', '+', '0', '\u{0}', '\u{7f}', 'é', '\u{ff10}', 'T'][seed.next(12)];
            chars.into_iter().collect()
        }
        1 => text[..seed.next(text.len() + 1)].to_owned(),
        _ => text,
    }
}

#[test]
fn the_usual_spellings_are_read_as_any_other() {
    let types = [
        "integer",
        "double",
        "decimal(12,2)",
        "decimal(38,20)",
        "decimal(18,0)",
        "decimal(38,38)",
        "boolean",
        "date",
        "time",
        "timestamp",
        "timestamptz",
    ];
    let mut seed = Seed(11);
    let mut good = 0;
    for round in 0..400_000 {
        let data_type = DataType::parse(types[round % types.len()]).unwrap();
        let text = likely(&mut seed, &data_type);
        let filled = fill(&text, &data_type);
        good += usize::from(filled.is_ok());
        // A lone value has no bytes behind it, and is read byte by byte.
        assert_eq!(
            format!("{filled:?}"),
            format!("{:?}", convert(text.as_bytes(), &data_type)),
            "{text:?} as {data_type}"
        );
    }
    assert!(good > 100_000, "{good}");
}

#[test]
fn every_day_is_on_the_calendar_once() {
    let read = |text: &str| fill(text, &DataType::Date);
    let mut day = -719_162;
    for year in 1..=9999 {
        for month in 1..=12 {
            let length = (28..=31).rev().find(|length| is_in_month(year, month, *length)).unwrap();
            for date in [1, length] {
                assert_eq!(read(&format!("{year:04}-{month:02}-{date:02}")), Ok(Cell::Date(day + date - 1)));
            }
            assert_eq!(read(&format!("{year:04}-{month:02}-{:02}", length + 1)), Err(Misfit::Calendar));
            day += length;
        }
    }
    assert_eq!(day, 2_932_897);
}

fn is_in_month(year: i32, month: i32, day: i32) -> bool {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    day <= match month {
        2 => 28 + i32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
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
