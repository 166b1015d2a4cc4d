//! `generate`: a file of records, and the contract that they keep.
use crate::Result;
use crate::arguments::Arguments;
use crate::column::Column;
use crate::dataset::columns_of;
use crate::line::Line;
use crate::random::Random;
use serde_json::json;
use std::fs::{self, File};
use std::io::{self, Write};
use std::process::ExitCode;

const WRITE_BYTES: usize = 1 << 20;

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let dataset = arguments.place(0, "The dataset")?;
    let (data, contract) = (arguments.place(1, "OUT.csv")?, arguments.place(2, "CONTRACT.json")?);
    let (rows, seed) = (arguments.number("rows", 10_000_000)?, arguments.number("seed", 1)?);
    let columns = columns_of(dataset)?;
    let fields: Vec<_> = columns.iter().map(Column::field).collect();
    let few: Vec<_> = columns.iter().filter(|column| column.kind.has_few_values()).map(|column| &column.name).collect();
    let text = json!({ "name": dataset, "version": "1.0.0", "fields": fields, "few_values": few }).to_string();
    fs::write(contract, text).map_err(|cause| format!("{contract}: {cause}"))?;
    write_rows(data, &columns, rows, &mut Random::new(seed)).map_err(|cause| format!("{data}: {cause}"))?;
    Ok(ExitCode::SUCCESS)
}

fn write_rows(path: &str, columns: &[Column], rows: u64, random: &mut Random) -> io::Result<()> {
    let mut file = File::create(path)?;
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    let mut line = Line(Vec::with_capacity(2 * WRITE_BYTES));
    line.text(&names.join(","));
    line.byte(b'\n');
    for row in 1..=rows {
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                line.byte(b',');
            }
            column.write(row, random, &mut line);
        }
        line.byte(b'\n');
        if line.0.len() >= WRITE_BYTES {
            file.write_all(&line.0)?;
            line.0.clear();
        }
    }
    file.write_all(&line.0)
}
