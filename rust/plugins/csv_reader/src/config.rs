//! What the host says of the dialect.
use dativo_csv::Options;
use dativo_decoding::unsupported;
use dativo_plugin::Result;
use dativo_plugin::files::refusal;
use dativo_plugin::serde_json::{self, Map, Value};

const OPTIONS: [&str; 16] = [
    "delimiter",
    "quote_char",
    "quote",
    "escape_char",
    "header",
    "columns",
    "comment",
    "skip_lines",
    "null_values",
    "encoding",
    "max_record_bytes",
    "max_field_bytes",
    "allow_nul",
    "batch_size",
    "chunk_size",
    "batch_rows",
];

/// The options of the format. What only the host's own decoder can do is an error that says so in its detail.
pub fn options_of(config: &Value) -> Result<Options> {
    let none = Map::new();
    let mut given = config["engine"]["options"].as_object().unwrap_or(&none).clone();
    if let Some(unknown) = given.keys().find(|key| !OPTIONS.contains(&key.as_str())) {
        return Err(refusal(format!("unknown option '{unknown}' of the CSV reader; known are {}", OPTIONS.join(", "))));
    }
    let rows = given.remove("batch_size").or_else(|| given.remove("chunk_size"));
    if let Some(rows) = rows {
        given.insert("batch_rows".to_owned(), rows);
    }
    let options: Options = serde_json::from_value(Value::Object(given)).map_err(|cause| refusal(cause.to_string()))?;
    if options.batch_rows == 0 {
        return Err(refusal("batch_size is a number of 1 or more"));
    }
    match options.unsupported() {
        Some(what) => Err(unsupported(what)),
        None => Ok(options),
    }
}
