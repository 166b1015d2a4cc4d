//! The schema of a file without what it says of the meaning of its values.
use parquet::errors::Result;
use parquet::file::metadata::{FileMetaData, ParquetMetaData, ParquetMetaDataBuilder};
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};
use std::sync::Arc;

/// The same metadata, where every leaf is a plain value of its physical type. Groups are not read, and stand for nothing.
pub(super) fn without_annotations(metadata: &Arc<ParquetMetaData>) -> Result<ParquetMetaData> {
    let file = metadata.file_metadata();
    let root = plain(file.schema_descr().root_schema())?;
    let file =
        FileMetaData::new(file.version(), file.num_rows(), None, None, Arc::new(SchemaDescriptor::new(root)), None);
    Ok(ParquetMetaDataBuilder::new(file).set_row_groups(metadata.row_groups().to_vec()).build())
}

fn plain(element: &Type) -> Result<TypePtr> {
    let info = element.get_basic_info();
    let made = match element {
        Type::PrimitiveType { physical_type, type_length, .. } => {
            Type::primitive_type_builder(info.name(), *physical_type)
                .with_repetition(info.repetition())
                .with_length(*type_length)
                .build()?
        }
        Type::GroupType { fields, .. } => {
            let fields = fields.iter().map(|field| plain(field)).collect::<Result<_>>()?;
            let group = Type::group_type_builder(info.name()).with_fields(fields);
            if info.has_repetition() { group.with_repetition(info.repetition()).build()? } else { group.build()? }
        }
    };
    Ok(Arc::new(made))
}
