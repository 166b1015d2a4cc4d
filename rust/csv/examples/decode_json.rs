//! Decodes requests and prints what came of them, a line of JSON each: how tests compare this decoder to the other.
//!
//! A request is `{options, contract?, cuts?, engine?, input}`, `input` in hexadecimal digits.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType as ArrowType, TimeUnit};
use dativo_csv::{CsvError, Decoded, Decoder, Engine, Options};
use dativo_gate::{Cell, Contract, DEFAULT_UNIQUE_BYTES, DataType, Gate, cell_text};
use serde_json::{Value, json};
use std::io::{BufRead, Write};

fn main() {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.expect("a line")).expect("a request");
        let answer = decode(&request);
        writeln!(out, "{answer}").expect("somebody reads");
    }
}

fn decode(request: &Value) -> Value {
    let options: Options = serde_json::from_value(request["options"].clone()).expect("options");
    if let Some(why) = options.unsupported() {
        return json!({ "unsupported": why });
    }
    let mut gate = None;
    if let Some(contract) = request.get("contract").filter(|contract| !contract.is_null()) {
        let contract: Contract = serde_json::from_value(contract.clone()).expect("a contract");
        let reasons = contract.unsupported();
        if !reasons.is_empty() {
            return json!({ "unsupported": reasons.join("; ") });
        }
        match Gate::compile(contract, DEFAULT_UNIQUE_BYTES) {
            Ok(compiled) => gate = Some(compiled),
            Err(error) => {
                return json!({ "error": { "code": error.code, "message": error.message } });
            }
        }
    }
    let mut decoder = Decoder::new(&options, gate, "test.txt");
    if request["engine"] == "portable" {
        decoder = decoder.with_engine(Engine::Portable);
    }
    let input = bytes_of(request["input"].as_str().unwrap_or(""));
    let mut decoded = Vec::new();
    let error = run(&mut decoder, &input, &request["cuts"], &mut decoded).err();
    let rows_read: u64 = decoded.iter().map(|one| one.rows_read).sum();
    json!({
        "names": decoded.iter().rfind(|one| one.rows.num_columns() > 0).map(|one| names_of(&one.rows)),
        "rows": decoded.iter().flat_map(|one| rows_of(&one.rows)).collect::<Vec<_>>(),
        "batches": decoded.iter().map(|one| one.rows.num_rows()).collect::<Vec<_>>(),
        "rejects": decoded.iter().flat_map(rejects_of).collect::<Vec<_>>(),
        "rows_read": rows_read,
        "warnings": decoder.take_warnings(),
        "error": error.map(|error| json!({
            "code": error.code(),
            "message": error.message(),
            "culprit": error.culprit(),
            "hint": error.hint(),
            "details": error.details(),
        })),
    })
}

fn run(decoder: &mut Decoder, input: &[u8], cuts: &Value, out: &mut Vec<Decoded>) -> Result<(), CsvError> {
    let cuts: Vec<usize> = serde_json::from_value(cuts.clone()).unwrap_or_default();
    let mut rest = input;
    for cut in cuts.iter().cycle() {
        let (piece, more) = rest.split_at((*cut).max(1).min(rest.len()));
        decoder.push(piece, out)?;
        rest = more;
        if rest.is_empty() {
            break;
        }
    }
    decoder.push(rest, out)?;
    decoder.finish(out)
}

fn names_of(rows: &RecordBatch) -> Vec<String> {
    rows.schema().fields().iter().map(|field| field.name().clone()).collect()
}

fn rows_of(rows: &RecordBatch) -> Vec<Value> {
    let columns: Vec<Vec<Value>> = rows.columns().iter().map(|column| cells_of(column.as_ref())).collect();
    (0..rows.num_rows()).map(|row| columns.iter().map(|cells| cells[row].clone()).collect()).collect()
}

/// Cells as texts, so that nothing is lost between the two.
fn cells_of(array: &dyn Array) -> Vec<Value> {
    let cell_at = |row: usize| match array.data_type() {
        ArrowType::Utf8 => (Cell::Text(array.as_string::<i32>().value(row).into()), DataType::String),
        ArrowType::Int64 => (Cell::Integer(array.as_primitive::<Int64Type>().value(row)), DataType::Integer),
        ArrowType::Float64 => (Cell::Double(array.as_primitive::<Float64Type>().value(row)), DataType::Double),
        ArrowType::Boolean => (Cell::Boolean(array.as_boolean().value(row)), DataType::Boolean),
        ArrowType::Date32 => (Cell::Date(array.as_primitive::<Date32Type>().value(row)), DataType::Date),
        ArrowType::Time64(_) => (Cell::Time(array.as_primitive::<Time64MicrosecondType>().value(row)), DataType::Time),
        ArrowType::Timestamp(TimeUnit::Microsecond, zone) => (
            Cell::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row)),
            DataType::Timestamp { zoned: zone.is_some() },
        ),
        ArrowType::Decimal128(precision, scale) => (
            Cell::Decimal(array.as_primitive::<Decimal128Type>().value(row)),
            DataType::Decimal { precision: *precision, scale: *scale as u8 },
        ),
        ArrowType::Binary => (Cell::Binary(array.as_binary::<i32>().value(row).into()), DataType::Binary),
        other => unreachable!("{other} is no type of a contract"),
    };
    let text_at = |row: usize| match cell_at(row) {
        (Cell::Double(value), _) if value == 0.0 && value.is_sign_negative() => json!("-0"),
        (cell, data_type) => json!(cell_text(&cell, &data_type)),
    };
    (0..array.len()).map(|row| if array.is_null(row) { Value::Null } else { text_at(row) }).collect()
}

fn rejects_of(decoded: &Decoded) -> Vec<Value> {
    let reject = |reject: &dativo_csv::RejectedRecord| {
        let faults = reject.faults.iter().map(|fault| json!([fault.column, fault.rule, fault.reason]));
        json!({
            "row": reject.row,
            "line": reject.line,
            "offset": reject.offset,
            "length": reject.length,
            "raw": reject.raw.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "faults": faults.collect::<Vec<_>>(),
        })
    };
    decoded.rejects.iter().map(reject).collect()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks_exact(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap_or("00"), 16).unwrap_or(0))
        .collect()
}
