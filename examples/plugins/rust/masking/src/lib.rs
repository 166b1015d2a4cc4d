//! Masks: the smallest transform, as rust/README.md shows it.
use dativo_plugin::arrow_array::{RecordBatch, StringArray, cast::AsArray};
use dativo_plugin::arrow_schema::{DataType, SchemaRef};
use dativo_plugin::serde_json::Value;
use dativo_plugin::{Batch, Call, Error, Result, Transform, export_library, export_transform};
use std::sync::Arc;

export_library!();
export_transform!(create_transform, create_transform_kind, Masking);

struct Masking {
    options: Value,
    at: usize,
}

impl Transform for Masking {
    fn create(config: &Value) -> Result<Self> {
        Ok(Self { options: config["options"].clone(), at: 0 })
    }

    fn open(&mut self, _: &Call, input: &SchemaRef) -> Result<SchemaRef> {
        let name = self.options["column"].as_str().ok_or_else(|| Error::config("options.column is missing"))?;
        let (at, _) = input.column_with_name(name).ok_or_else(|| Error::config(format!("no column '{name}'")))?;
        self.at = at;
        if *input.field(at).data_type() == DataType::Utf8 { Ok(input.clone()) } else { Err(Error::config("not text")) }
    }

    fn apply(&mut self, _: &Call, rows: RecordBatch) -> Result<Vec<Batch>> {
        let keep = self.options["keep"].as_u64().unwrap_or(1) as usize;
        let mask =
            |text: &str| text.chars().enumerate().map(|(i, c)| if i < keep { c } else { '*' }).collect::<String>();
        let masked: StringArray = rows.column(self.at).as_string::<i32>().iter().map(|text| text.map(mask)).collect();
        let mut columns = rows.columns().to_vec();
        columns[self.at] = Arc::new(masked);
        Ok(vec![RecordBatch::try_new(rows.schema(), columns)?.into()])
    }
}
