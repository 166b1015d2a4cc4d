use crate::{Column, Unfit};
use arrow_array::RecordBatch;

/// Why a batch has no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The first cell that has none, in the order of columns.
    Cell { field: usize, row: usize, reason: String },
    /// A type that Dativo's own columns do not have.
    Unsupported(String),
}

impl Fault {
    /// What stopped the encoding of a batch, which goes record by record: its cells are encoded once more, a column after
    /// the other.
    pub fn first(
        rows: &RecordBatch,
        mut push_cell: impl FnMut(&mut Column, usize, &mut Vec<u8>) -> Result<(), Unfit>,
    ) -> Self {
        let mut columns = match Column::all(rows) {
            Ok(columns) => columns,
            Err(fault) => return fault,
        };
        let mut text = Vec::new();
        for (field, column) in columns.iter_mut().enumerate() {
            for row in 0..rows.num_rows() {
                text.clear();
                if let Err(Unfit(reason)) = push_cell(column, row, &mut text) {
                    return Self::Cell { field, row, reason };
                }
            }
        }
        Self::Unsupported("a record whose cells all have a text".into())
    }
}
