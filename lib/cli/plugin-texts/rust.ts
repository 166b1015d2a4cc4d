import { classOf, type PluginKind, type PluginProject } from "./project.ts";

/** A crate that builds one library, and the package that `npm test` builds and tries it by. */
export function rustFiles(project: PluginProject): Readonly<Record<string, string>> {
  const { name, kind } = project;
  return {
    "Cargo.toml": cargoText(project),
    "src/lib.rs": RUST_CODE[kind].replaceAll("CLASS", classOf(name)),
    "package.json": packageText(project),
    "README.md": readmeText(project),
    ".gitignore": "target/\nnode_modules/\nlake/\n.local/\n",
  };
}

/** `.so` is `.dylib` and `.dll` where those are what Cargo makes. */
export function rustPath(kind: PluginKind, name: string): string {
  return `./target/release/lib${name.replaceAll("-", "_")}.so:create_${kind}`;
}

/** The folder of the project may lie within another workspace, of which it is no member. */
function cargoText({ name, dativo }: PluginProject): string {
  const sdk = `${dativo.replace(/^file:/, "")}/rust/sdk`;
  return `[package]
name = "${name}"
version = "0.1.0"
edition = "2024"
publish = false

[lib]
crate-type = ["cdylib"]

[dependencies]
dativo_plugin = { path = ${JSON.stringify(sdk)} }

[workspace]
`;
}

function packageText({ name, kind, dativo }: PluginProject): string {
  const scripts = {
    test: `cargo build --release && ${checkCommand(kind, name)}`,
    start: "cargo build --release && dativo run --config job.yaml",
  };
  const document = { name, private: true, type: "module", scripts, devDependencies: { "dativo-ingest": dativo } };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function checkCommand(kind: PluginKind, name: string): string {
  return `dativo plugin check ${rustPath(kind, name)} --config job.yaml`;
}

function readmeText({ name, kind }: PluginProject): string {
  return `# ${name}

A ${kind} for Dativo in Rust. After \`npm install\`, which brings the command:

\`\`\`sh
cargo build --release
npx ${checkCommand(kind, name)}
npx dativo run --config job.yaml
\`\`\`

\`npm test\` is the first two, \`npm start\` the first and the last. The code is in [src/lib.rs](src/lib.rs).
`;
}

const RUST_CODE: Readonly<Record<PluginKind, string>> = {
  reader: `//! Reads a file that is a JSON array of { "id": 1, "name": "Ada" }, which may grow at its end.
use dativo_plugin::arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use dativo_plugin::arrow_schema::{DataType, Field, Schema, SchemaRef};
use dativo_plugin::serde_json::{Value, from_str, json};
use dativo_plugin::{Batch, Call, Error, OpenRequest, Reader, Result, export_library, export_reader};
use std::{fs::read_to_string, sync::Arc};

export_library!();
export_reader!(create_reader, create_reader_kind, CLASS);

struct CLASS(String, Vec<Value>, usize);

impl Reader for CLASS {
    fn create(config: &Value) -> Result<Self> {
        let path = config["connection"]["path"].as_str().ok_or_else(|| Error::config("connection.path is missing"))?;
        Ok(Self(path.to_owned(), Vec::new(), 0))
    }

    fn open(&mut self, _: &Call, request: &OpenRequest) -> Result<SchemaRef> {
        self.1 = from_str(&read_to_string(&self.0)?).map_err(|error| Error::data(format!("{}: {error}", self.0)))?;
        self.2 = request.position.as_ref().and_then(Value::as_u64).unwrap_or(0) as usize;
        let fields = [Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)];
        Ok(Arc::new(Schema::new(fields.to_vec())))
    }

    fn next(&mut self, _: &Call) -> Result<Option<Batch>> {
        let rows = self.1.iter().skip(self.2).take(65_536);
        let ids: ArrayRef = Arc::new(rows.clone().map(|row| row["id"].as_i64()).collect::<Int64Array>());
        let names: ArrayRef = Arc::new(rows.map(|row| row["name"].as_str()).collect::<StringArray>());
        self.2 += ids.len();
        let rows = RecordBatch::try_from_iter_with_nullable([("id", ids, true), ("name", names, true)])?;
        let mut batch = Batch::from(rows);
        // Where the next run goes on; it is kept only after the commit.
        batch.position = Some(json!(self.2));
        Ok((batch.rows.num_rows() > 0).then_some(batch))
    }
}
`,
  transform: `//! Adds a column with the first letter of another.
use dativo_plugin::arrow_array::{RecordBatch, StringArray, cast::AsArray};
use dativo_plugin::arrow_schema::{DataType, Field, Schema, SchemaRef};
use dativo_plugin::serde_json::Value;
use dativo_plugin::{Batch, Call, Error, Result, Transform, export_library, export_transform};
use std::sync::Arc;

export_library!();
export_transform!(create_transform, create_transform_kind, CLASS);

struct CLASS {
    of: String,
    output: SchemaRef,
}

impl Transform for CLASS {
    fn create(config: &Value) -> Result<Self> {
        let of = config["options"]["of"].as_str().ok_or_else(|| Error::config("options.of is missing"))?;
        Ok(Self { of: of.to_owned(), output: Arc::new(Schema::empty()) })
    }

    fn open(&mut self, _: &Call, input: &SchemaRef) -> Result<SchemaRef> {
        let is_text = input.field_with_name(&self.of).is_ok_and(|field| *field.data_type() == DataType::Utf8);
        is_text.then_some(()).ok_or_else(|| Error::config(format!("'{}' is no column of text", self.of)))?;
        let initial = Arc::new(Field::new("initial", DataType::Utf8, true));
        self.output = Arc::new(Schema::new(input.fields().iter().cloned().chain([initial]).collect::<Vec<_>>()));
        Ok(self.output.clone())
    }

    fn apply(&mut self, _: &Call, rows: RecordBatch) -> Result<Vec<Batch>> {
        let texts = rows.column_by_name(&self.of).ok_or_else(|| Error::data("the column is gone"))?.as_string::<i32>();
        let first = |text: &str| text.chars().take(1).collect::<String>();
        let initials: StringArray = texts.iter().map(|text| text.map(first)).collect();
        let mut columns = rows.columns().to_vec();
        columns.push(Arc::new(initials));
        Ok(vec![RecordBatch::try_new(self.output.clone(), columns)?.into()])
    }
}
`,
  writer: `//! Writes a JSON array for each record, and each batch as a file. Dativo publishes them in its own commit.
use dativo_plugin::arrow_array::{Array, ArrayRef, RecordBatch, cast::AsArray, types::Int64Type};
use dativo_plugin::arrow_schema::{DataType, SchemaRef};
use dativo_plugin::serde_json::{Value, json};
use dativo_plugin::{Call, Error, Result, StagedFile, Writer, export_library, export_writer};

export_library!();
export_writer!(create_writer, create_writer_kind, CLASS);

struct CLASS(String, usize);

impl Writer for CLASS {
    fn create(config: &Value) -> Result<Self> {
        let folder = config["output_base"].as_str().ok_or_else(|| Error::config("output_base is missing"))?;
        Ok(Self(folder.to_owned(), 0))
    }

    fn open(&mut self, _: &Call, input: &SchemaRef) -> Result<()> {
        let fits = input.fields().iter().all(|field| matches!(field.data_type(), DataType::Int64 | DataType::Utf8));
        fits.then_some(()).ok_or_else(|| Error::config("only integers and texts are written"))
    }

    fn write(&mut self, _: &Call, rows: RecordBatch) -> Result<Vec<StagedFile>> {
        let cell = |column: &ArrayRef, row| match column.as_primitive_opt::<Int64Type>() {
            Some(integers) => json!(integers.is_valid(row).then(|| integers.value(row))),
            None => json!(column.is_valid(row).then(|| column.as_string::<i32>().value(row))),
        };
        let line = |row| format!("{}\\n", Value::from_iter(rows.columns().iter().map(|column| cell(column, row))));
        let text: String = (0..rows.num_rows()).map(line).collect();
        let (path, record_count) = (format!("{}/part-{}.txt", self.0, self.1), rows.num_rows() as u64);
        std::fs::write(&path, &text)?;
        self.1 += 1;
        Ok(vec![StagedFile { path, size_bytes: text.len() as u64, record_count, sha256: None, checksums: None }])
    }

    fn seal(&mut self, _: &Call) -> Result<Vec<StagedFile>> {
        Ok(Vec::new())
    }
}
`,
};
