//! An Arrow schema as the Parquet schema that the TypeScript writer makes of the same fields.
use arrow_schema::{DataType, Field, Fields, Schema};
use dativo_checksum::is_json;
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::errors::{ParquetError, Result};
use parquet::schema::types::{Type, TypePtr};
use std::collections::HashSet;
use std::sync::Arc;

/// Name of the root element, as the TypeScript writer has it.
const ROOT: &str = "schema";

/// The root of the Parquet schema; refuses what has no place in a file.
pub(crate) fn to_parquet_schema(schema: &Schema) -> Result<TypePtr> {
    if schema.fields().is_empty() {
        return Err(ParquetError::General("a Parquet file needs at least one field".to_owned()));
    }
    let mut names = HashSet::new();
    if let Some(twice) = schema.fields().iter().find(|field| !names.insert(field.name())) {
        return Err(ParquetError::General(format!("two fields are named '{}'", twice.name())));
    }
    // Items of a list are to be named `element`, which the format demands and Arrow libraries do not.
    let plain = ArrowSchemaConverter::new().schema_root(ROOT).with_coerce_types(true).convert(schema)?;
    let columns = mark_all(plain.root_schema().get_fields(), schema.fields())?;
    Ok(Arc::new(Type::group_type_builder(ROOT).with_fields(columns).build()?))
}

fn mark_all(types: &[TypePtr], fields: &Fields) -> Result<Vec<TypePtr>> {
    types.iter().zip(fields).map(|(one, field)| mark_json(one, field)).collect()
}

/// The same type with JSON said where the field says it: the converter knows the mark only with a JSON parser in tow.
fn mark_json(plain: &TypePtr, field: &Field) -> Result<TypePtr> {
    let repetition = if field.is_nullable() { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let made = match field.data_type() {
        _ if is_json(field) => Type::primitive_type_builder(plain.name(), Physical::BYTE_ARRAY)
            .with_repetition(repetition)
            .with_logical_type(Some(LogicalType::Json))
            .build()?,
        DataType::Struct(members) => Type::group_type_builder(plain.name())
            .with_repetition(repetition)
            .with_fields(mark_all(plain.get_fields(), members)?)
            .build()?,
        DataType::List(items) | DataType::LargeList(items) => {
            let middle = &plain.get_fields()[0];
            let element = mark_json(&middle.get_fields()[0], items)?;
            let middle = Type::group_type_builder(middle.name())
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![element])
                .build()?;
            Type::group_type_builder(plain.name())
                .with_repetition(repetition)
                .with_logical_type(Some(LogicalType::List))
                .with_fields(vec![Arc::new(middle)])
                .build()?
        }
        _ => return Ok(plain.clone()),
    };
    Ok(Arc::new(made))
}
