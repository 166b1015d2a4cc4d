//! Lines: the smallest writer, as rust/README.md shows it.
use dativo_plugin::arrow_array::{RecordBatch, cast::AsArray};
use dativo_plugin::arrow_schema::{DataType, SchemaRef};
use dativo_plugin::serde_json::Value;
use dativo_plugin::{Call, Error, Result, StagedFile, Writer, export_library, export_writer};
use std::{fs::File, io::Write as _};

export_library!();
export_writer!(create_writer, create_writer_kind, Lines);

struct Lines(StagedFile);

impl Writer for Lines {
    fn create(config: &Value) -> Result<Self> {
        let path = format!("{}/lines.txt", config["output_base"].as_str().unwrap_or_default());
        Ok(Self(StagedFile { path, size_bytes: 0, record_count: 0, sha256: None, checksums: None }))
    }

    fn open(&mut self, _: &Call, input: &SchemaRef) -> Result<()> {
        let fits = input.fields().iter().all(|field| *field.data_type() == DataType::Utf8 && !field.is_nullable());
        if fits { Ok(()) } else { Err(Error::config("lines are made of required text columns")) }
    }

    fn write(&mut self, _: &Call, rows: RecordBatch) -> Result<Vec<StagedFile>> {
        let cells: Vec<_> = rows.columns().iter().map(|column| column.as_string::<i32>()).collect();
        let line = |row| cells.iter().map(|texts| texts.value(row)).collect::<Vec<_>>().join(" ") + "\n";
        let text: String = (0..rows.num_rows()).map(line).collect();
        let is_whole = text.matches('\n').count() == rows.num_rows();
        is_whole.then_some(()).ok_or_else(|| Error::data("a value holds a line break"))?;
        File::options().create(true).append(true).open(&self.0.path)?.write_all(text.as_bytes())?;
        self.0.size_bytes += text.len() as u64;
        self.0.record_count += rows.num_rows() as u64;
        Ok(Vec::new())
    }

    fn seal(&mut self, _: &Call) -> Result<Vec<StagedFile>> {
        Ok(vec![self.0.clone()])
    }
}
