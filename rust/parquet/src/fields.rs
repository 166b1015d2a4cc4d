//! The fields of a file: which of them are encoded here, and which by the library.
use crate::flat::{FlatColumn, Settings, column_of};
use crate::lane::{Job, Lane, Opening};
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory};
use parquet::basic::Compression;
use parquet::errors::Result;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, SchemaDescriptor, Type, TypePtr};
use std::io;
use std::sync::Arc;

pub(crate) struct Fields {
    ways: Vec<Way>,
    /// Those of the library, as Arrow and as Parquet have them.
    library: Option<(SchemaRef, TypePtr)>,
}

#[derive(Clone)]
enum Way {
    Flat(ColumnPath),
    /// With so many leaves.
    Library(usize),
}

impl Fields {
    /// The fields and what works on each of them.
    pub fn of(schema: &Schema, root: &TypePtr, compression: Compression) -> Result<(Self, Vec<Lane>)> {
        let leaves = SchemaDescriptor::new(root.clone());
        let (mut ways, mut lanes, mut at) = (Vec::new(), Vec::new(), 0);
        for (index, (field, element)) in schema.fields().iter().zip(root.get_fields()).enumerate() {
            let leaf = leaves.column(at);
            let flat: Option<Box<dyn FlatColumn>> = column_of(field, &leaf, compression);
            let count = leaves_of(element);
            ways.push(if flat.is_some() { Way::Flat(leaf.path().clone()) } else { Way::Library(count) });
            lanes.push(Lane::new(index, field.clone(), flat));
            at += count;
        }
        let library = library_schema(schema, root, &ways)?;
        Ok((Self { ways, library }, lanes))
    }

    /// One job for each field, with which a row group begins.
    pub fn open(&self, properties: &WriterPropertiesPtr, group: usize) -> Result<Vec<Job>> {
        let mut writers = self.library_writers(properties, group)?.into_iter();
        let openings = self.ways.iter().map(|way| match way {
            Way::Flat(path) => Opening::Flat(Settings::new(properties, path)),
            Way::Library(leaves) => Opening::Library(writers.by_ref().take(*leaves).collect()),
        });
        Ok(openings.map(Job::Open).collect())
    }

    /// A factory takes its properties from a file, and those of the real one are fixed: what a row group's first rows
    /// tell comes in by a file of no bytes.
    fn library_writers(&self, properties: &WriterPropertiesPtr, group: usize) -> Result<Vec<ArrowColumnWriter>> {
        let Some((schema, root)) = &self.library else {
            return Ok(Vec::new());
        };
        let nowhere = SerializedFileWriter::new(io::sink(), root.clone(), properties.clone())?;
        ArrowRowGroupWriterFactory::new(&nowhere, schema.clone()).create_column_writers(group)
    }
}

/// What is left to the library, if anything is: its writers, which come for a whole schema, make contexts of codecs.
fn library_schema(schema: &Schema, root: &TypePtr, ways: &[Way]) -> Result<Option<(SchemaRef, TypePtr)>> {
    let is_library = |index: &usize| matches!(ways[*index], Way::Library(_));
    let kept: Vec<_> = (0..ways.len()).filter(is_library).collect();
    if kept.is_empty() {
        return Ok(None);
    }
    let fields: Vec<_> = kept.iter().map(|&index| schema.fields()[index].clone()).collect();
    let elements = kept.iter().map(|&index| root.get_fields()[index].clone()).collect();
    let root = Type::group_type_builder(root.name()).with_fields(elements).build()?;
    Ok(Some((Arc::new(Schema::new(fields)), Arc::new(root))))
}

fn leaves_of(element: &Type) -> usize {
    if element.is_group() { element.get_fields().iter().map(|inner| leaves_of(inner)).sum() } else { 1 }
}
