//! The rules of a field, compiled once and run over a stretch of a column. Only rows that fail cost anything more
//! than the comparison.

use crate::bound::{bare_text, show_value, to_bound};
use crate::column::Values;
use crate::formats::FORMATS;
use crate::pattern::{self, LANES, Pattern};
use crate::show::{js_number, show_cell};
use crate::text_set::TextSet;
use crate::{Cell, Column, DataType, Field, GateError};
use serde_json::Value;

/// One rule of a field, ready to run on the field's column.
#[derive(Debug)]
pub struct Check {
    pub rule: &'static str,
    test: Test,
    reason: Reason,
}

#[derive(Debug)]
enum Test {
    Texts(TextSet),
    Cells(Vec<Cell>),
    Pattern(Pattern),
    Bound(Side, Cell),
    Length { least: f64, most: f64 },
}

/// On which side of a bound a value must be.
#[derive(Clone, Copy, Debug)]
enum Side {
    AtLeast,
    AtMost,
    Above,
    Below,
}

/// How a sentence goes on after the value.
#[derive(Debug)]
enum Reason {
    Is(String),
    /// `has 3 characters, fewer than 5`.
    Has(String),
}

const ORDERED: [&str; 6] = ["integer", "double", "decimal", "date", "time", "timestamp"];

/// The rules of a field in the order in which their faults are reported.
pub fn compile(field: &Field, data_type: &DataType) -> Result<Vec<Check>, GateError> {
    let mut checks = Vec::new();
    if let Some(allowed) = &field.r#enum {
        checks.push(enum_check(field, data_type, allowed)?);
    }
    if let Some(source) = &field.pattern {
        checks.push(pattern_check(field, data_type, "pattern", source, format!("does not match {source}"))?);
    }
    if let Some(format) = &field.format {
        let known = FORMATS.iter().find(|(name, _)| name == format).map(|(_, source)| *source);
        let source = known.ok_or_else(|| {
            let names = FORMATS.map(|(name, _)| name).join(", ");
            GateError::rule(&field.name, "format", format!("'{format}' is not one of {names}"))
        })?;
        checks.push(pattern_check(field, data_type, "format", source, format!("is not a valid {format}"))?);
    }
    let bounds = [
        ("minimum", &field.minimum, Side::AtLeast, "below the minimum"),
        ("maximum", &field.maximum, Side::AtMost, "above the maximum"),
        ("exclusiveMinimum", &field.exclusive_minimum, Side::Above, "not above"),
        ("exclusiveMaximum", &field.exclusive_maximum, Side::Below, "not below"),
    ];
    for (rule, given, side, phrase) in bounds {
        let Some(given) = given else { continue };
        require_kind(field, rule, data_type, &ORDERED)?;
        let bound = to_bound(&field.name, rule, given, data_type)?;
        let reason = Reason::Is(format!("is {phrase} {}", bare_text(given)));
        checks.push(Check { rule, test: Test::Bound(side, bound), reason });
    }
    let lengths = [
        (
            "min_length",
            field.min_length.map(|least| (least, f64::INFINITY, format!("fewer than {}", js_number(least)))),
        ),
        ("max_length", field.max_length.map(|most| (0.0, most, format!("more than {}", js_number(most))))),
    ];
    for (rule, given) in lengths {
        let Some((least, most, phrase)) = given else {
            continue;
        };
        require_kind(field, rule, data_type, &["string"])?;
        checks.push(Check { rule, test: Test::Length { least, most }, reason: Reason::Has(phrase) });
    }
    Ok(checks)
}

fn enum_check(field: &Field, data_type: &DataType, allowed: &[Value]) -> Result<Check, GateError> {
    let bounds = allowed.iter().map(|value| to_bound(&field.name, "enum", value, data_type));
    let cells = bounds.collect::<Result<Vec<_>, _>>()?;
    let listed: Vec<String> = allowed.iter().take(10).map(show_value).collect();
    let more = if allowed.len() > 10 { ", …" } else { "" };
    let test = match data_type {
        DataType::String => Test::Texts(TextSet::new(cells.iter().filter_map(|cell| match cell {
            Cell::Text(bytes) => Some(bytes.as_slice()),
            _ => None,
        }))),
        // Two arrays of bytes are never the same value in JavaScript.
        DataType::Binary => Test::Cells(Vec::new()),
        _ => Test::Cells(cells),
    };
    Ok(Check { rule: "enum", test, reason: Reason::Is(format!("is not one of {}{more}", listed.join(", "))) })
}

fn pattern_check(
    field: &Field,
    data_type: &DataType,
    rule: &'static str,
    source: &str,
    reason: String,
) -> Result<Check, GateError> {
    require_kind(field, rule, data_type, &["string"])?;
    let regex = pattern::compile(source).map_err(|why| GateError {
        code: "DTV_ASSET_INVALID",
        message: format!("The pattern of field '{}' cannot be used: {why}", field.name),
        culprit: Some(field.name.clone()),
        hint: Some("Patterns are RE2 syntax: no look-around and no back references.".to_owned()),
    })?;
    Ok(Check { rule, test: Test::Pattern(regex), reason: Reason::Is(reason) })
}

fn require_kind(field: &Field, rule: &str, data_type: &DataType, kinds: &[&str]) -> Result<(), GateError> {
    if kinds.contains(&data_type.kind()) {
        return Ok(());
    }
    let why = format!("it needs {}, the field is {}", kinds.join(", "), data_type.kind());
    Err(GateError::rule(&field.name, rule, why))
}

impl Check {
    /// Appends the rows from `start` on that do not pass. Rows without a value pass every rule.
    pub fn run(&self, column: &Column, start: usize, failed: &mut Vec<usize>) {
        match (&self.test, &column.values) {
            (Test::Texts(set), _) => run_each(column, start, failed, |row| set.contains(column.text_at(row))),
            (Test::Cells(cells), _) => run_each(column, start, failed, |row| {
                column.cell(row).is_some_and(|cell| cells.iter().any(|allowed| is_same(allowed, &cell)))
            }),
            (Test::Pattern(pattern), _) => run_pattern(pattern, column, start, failed),
            (Test::Length { least, most }, _) => run_each(column, start, failed, |row| {
                let bytes = column.bytes_at(row);
                // A code point has at most four bytes: most texts need no counting.
                (bytes.len() as f64 <= *most || length_of(bytes) as f64 <= *most)
                    && (bytes.len() as f64 >= *least * 4.0 || length_of(bytes) as f64 >= *least)
            }),
            (Test::Bound(side, Cell::Integer(b) | Cell::Time(b) | Cell::Timestamp(b)), Values::Int64(values)) => {
                run_bound(*side, *b, values, column, start, failed);
            }
            (Test::Bound(side, Cell::Date(bound)), Values::Int32(values)) => {
                run_bound(*side, *bound, values, column, start, failed);
            }
            (Test::Bound(side, Cell::Double(bound)), Values::Double(values)) => {
                run_bound(*side, *bound, values, column, start, failed);
            }
            (Test::Bound(side, Cell::Decimal(bound)), Values::Decimal(values)) => {
                run_bound(*side, *bound, values, column, start, failed);
            }
            (Test::Bound(..), _) => unreachable!("a bound has the type of its column"),
        }
    }

    /// One sentence about a cell that did not pass.
    pub fn reason(&self, cell: &Cell, data_type: &DataType) -> String {
        let shown = show_cell(cell, data_type);
        match (&self.reason, cell) {
            (Reason::Has(phrase), Cell::Text(bytes)) => {
                format!("{shown} has {} characters, {phrase}", length_of(bytes))
            }
            (Reason::Is(phrase) | Reason::Has(phrase), _) => format!("{shown} {phrase}"),
        }
    }
}

#[inline]
fn run_each(column: &Column, start: usize, failed: &mut Vec<usize>, passes: impl Fn(usize) -> bool) {
    failed.extend((start..column.len()).filter(|&row| column.valid[row] && !passes(row)));
}

fn run_pattern(pattern: &Pattern, column: &Column, start: usize, failed: &mut Vec<usize>) {
    let mut rows = [0; LANES];
    let mut waiting = 0;
    for row in (start..column.len()).filter(|&row| column.valid[row]) {
        rows[waiting] = row;
        waiting += 1;
        if waiting == LANES {
            let found = pattern.are_in(rows.map(|row| column.bytes_at(row)));
            failed.extend(rows.iter().zip(found).filter(|(_, found)| !found).map(|(row, _)| *row));
            waiting = 0;
        }
    }
    failed.extend(rows[..waiting].iter().filter(|&&row| !pattern.is_in(column.bytes_at(row))));
}

fn run_bound<T: PartialOrd + Copy>(
    side: Side,
    bound: T,
    values: &[T],
    column: &Column,
    start: usize,
    failed: &mut Vec<usize>,
) {
    // A closure for each side, so that the loop over a column compares and does nothing else. NaN passes no bound.
    match side {
        Side::AtLeast => find_failed(values, column, start, failed, |value| value >= bound),
        Side::AtMost => find_failed(values, column, start, failed, |value| value <= bound),
        Side::Above => find_failed(values, column, start, failed, |value| value > bound),
        Side::Below => find_failed(values, column, start, failed, |value| value < bound),
    }
}

#[inline]
fn find_failed<T: Copy>(
    values: &[T],
    column: &Column,
    start: usize,
    failed: &mut Vec<usize>,
    passes: impl Fn(T) -> bool,
) {
    let pairs = || values[start..].iter().zip(&column.valid[start..]);
    if !pairs().fold(false, |any, (value, valid)| any | (valid & !passes(*value))) {
        return;
    }
    failed.extend(
        pairs().enumerate().filter(|(_, (value, valid))| **valid && !passes(**value)).map(|(at, _)| start + at),
    );
}

/// As a JavaScript Set compares: NaN is NaN, and zero has no sign.
fn is_same(a: &Cell, b: &Cell) -> bool {
    match (a, b) {
        (Cell::Double(a), Cell::Double(b)) => a == b || (a.is_nan() && b.is_nan()),
        (a, b) => a == b,
    }
}

/// In code points.
fn length_of(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}
