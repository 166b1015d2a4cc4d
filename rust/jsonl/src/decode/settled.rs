//! Columns of the types that the host has read off the first records, where there is no contract.

use crate::decode::canonical::Canonical;
use crate::decode::cells::{JsonCells, Wanted};
use crate::decode::scan::{Cell, Kind};
use crate::decode::texts::Texts;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType as ArrowType, Field as ArrowField, Schema, SchemaRef};
use dativo_gate::{Binding, Column, Contract, DEFAULT_UNIQUE_BYTES, DataType, Field, Gate, GateError};
use std::sync::Arc;

/// The gate converts what is no list and no object; those are JSON text, as the host stores them.
pub struct Settled {
    gate: Gate,
    binding: Binding,
    /// Those of the gate.
    flat: Vec<Column>,
    nested: Vec<Nested>,
    /// Of each column, what its type takes.
    wanted: Vec<Wanted>,
    schema: SchemaRef,
    canonical: Canonical,
}

/// A column of lists, or of objects.
struct Nested {
    column: usize,
    kind: Kind,
    texts: Texts,
}

impl Settled {
    /// `columns` are names and types.
    ///
    /// # Errors
    /// For what is no type.
    pub fn new(columns: &[(String, String)]) -> Result<Self, GateError> {
        let (mut nested, mut sources, mut fields) = (Vec::new(), Vec::new(), Vec::new());
        let (mut wanted, mut shown) = (Vec::new(), Vec::new());
        for (column, (name, spelling)) in columns.iter().enumerate() {
            let field = Field { name: name.clone(), r#type: spelling.clone(), ..Field::default() };
            let Some(data_type) = DataType::parse(spelling) else {
                // The gate knows the words.
                fields.push(field);
                continue;
            };
            shown.push(ArrowField::new(name, data_type.arrow().unwrap_or(ArrowType::Utf8), true));
            wanted.push(Wanted::of(&data_type));
            match data_type.kind() {
                "array" => nested.push(Nested { column, kind: Kind::Array, texts: Texts::default() }),
                "object" => nested.push(Nested { column, kind: Kind::Object, texts: Texts::default() }),
                _ => {
                    sources.push(Some(column));
                    fields.push(field);
                }
            }
        }
        let contract = Contract { name: String::new(), version: String::new(), fingerprint: String::new(), fields };
        let gate = Gate::compile(contract, DEFAULT_UNIQUE_BYTES)?;
        Ok(Self {
            flat: gate.columns(),
            gate,
            binding: Binding { sources, warnings: Vec::new() },
            nested,
            wanted,
            schema: Arc::new(Schema::new(shown)),
            canonical: Canonical::default(),
        })
    }

    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// Appends records; false where a value is none of its column's type, and none is appended then.
    pub fn fill(&mut self, bytes: &[u8], cells: &[Cell], rows: usize) -> Result<bool, GateError> {
        if rows == 0 {
            return Ok(true);
        }
        let Self { gate, binding, flat, nested, wanted, canonical, .. } = self;
        let width = wanted.len();
        let cells_of = |column: usize| cells[column..].iter().step_by(width).take(rows);
        let is_fit = |Nested { column, kind, .. }: &Nested| {
            cells_of(*column).all(|cell| cell.kind() == *kind || cell.kind() == Kind::None)
        };
        if !nested.iter().all(is_fit) {
            return Ok(false);
        }
        let lent = |column| JsonCells { bytes, cells, width, column, wanted: wanted[column] };
        let start = flat.first().map_or(0, Column::len);
        if !gate.check(binding, flat, rows, 1, lent)?.is_empty() {
            flat.iter_mut().for_each(|column| column.retain(start, &vec![false; column.len() - start]));
            return Ok(false);
        }
        for Nested { column, texts, .. } in nested {
            cells_of(*column).for_each(|cell| texts.push(|out| canonical.write(*cell, bytes, out)));
        }
        Ok(true)
    }

    /// The records that were appended.
    pub fn finish(&mut self) -> RecordBatch {
        let mut arrays: Vec<Option<ArrayRef>> = vec![None; self.wanted.len()];
        for (column, source) in self.flat.iter_mut().zip(self.binding.sources.iter().flatten()) {
            arrays[*source] = Some(column.finish());
        }
        for Nested { column, texts, .. } in &mut self.nested {
            arrays[*column] = Some(texts.finish());
        }
        RecordBatch::try_new(self.schema.clone(), arrays.into_iter().flatten().collect())
            .expect("every column is flat or nested, and has a value or none of every record")
    }
}
