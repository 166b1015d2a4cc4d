//! The files that are made here: their columns, in order.
use crate::Result;
use crate::column::{Column, Kind};

const WIDE_COLUMNS: usize = 200;

/// The ten columns: a key, texts of low and of high cardinality, and one of each type.
const MIXED: [(&str, Kind, u64); 10] = [
    ("id", Kind::Id, 0),
    ("status", Kind::Status, 0),
    ("email", Kind::Email, 0),
    ("note", Kind::Note, 30),
    ("score", Kind::Score, 0),
    ("amount", Kind::Amount, 0),
    ("active", Kind::Active, 0),
    ("born", Kind::Born, 20),
    ("created_at", Kind::CreatedAt, 0),
    ("visits", Kind::Visits, 150),
];

/// # Errors
/// There is no such dataset.
pub fn columns_of(dataset: &str) -> Result<Vec<Column>> {
    match dataset {
        "mixed" => Ok(MIXED.map(|column| named(column.0.to_owned(), column, true)).into()),
        "wide" => Ok((0..WIDE_COLUMNS).map(wide_column).collect()),
        _ => Err(format!("there is no dataset {dataset}; known are mixed and wide")),
    }
}

/// The ten kinds over and over; the rules are at the first of each, as in the narrow file.
fn wide_column(index: usize) -> Column {
    let column = MIXED[index % MIXED.len()];
    named(format!("{}_{:03}", column.0, index), column, index < MIXED.len())
}

fn named(name: String, (_, kind, missing): (&str, Kind, u64), is_ruled: bool) -> Column {
    Column { name, kind, missing, is_ruled }
}
