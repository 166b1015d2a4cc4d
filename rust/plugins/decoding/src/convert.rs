//! What the codec says, in the words of the border.
use dativo_gate::{Contract, DEFAULT_UNIQUE_BYTES, Gate};
use dativo_plugin::arrow_array::RecordBatch;
use dativo_plugin::arrow_schema::{Schema, SchemaRef};
use dativo_plugin::files::refusal;
use dativo_plugin::serde_json::{self, Value, json};
use dativo_plugin::{Batch, Error, Reject, Result};
use dativo_text::{Decoded, RejectedRecord, TextError};
use std::sync::Arc;

/// Says in a schema's metadata which contract its records have kept.
pub const CONTRACT: &str = "dativo.contract";

/// A detail that does not fit into the host's 3 KiB would be lost with its code; the hint is what can be long.
const HINT_BYTES: usize = 1500;

/// The gate of the contract; none where there is no contract.
pub fn gate_of(config: &Value) -> Result<Option<Gate>> {
    let Some(contract) = config.get("contract").filter(|contract| !contract.is_null()) else { return Ok(None) };
    let contract: Contract = serde_json::from_value(contract.clone())?;
    let reasons = contract.unsupported();
    if !reasons.is_empty() {
        return Err(unsupported(reasons.join("; ")));
    }
    Gate::compile(contract, DEFAULT_UNIQUE_BYTES).map(Some).map_err(failure)
}

/// What only the host's own decoder can do.
pub fn unsupported(what: String) -> Error {
    refusal(format!("not read natively: {what}")).with_detail(json!({ "code": "DTV_NOT_BUILT", "unsupported": what }))
}

pub fn stamped(schema: Schema, contract: &Contract) -> SchemaRef {
    Arc::new(schema.with_metadata([(CONTRACT.to_owned(), contract.fingerprint.clone())]))
}

/// A run of records under the schema that was promised. Before the columns are known there are only rejects.
pub fn batch_of(decoded: Decoded, schema: &SchemaRef, source: &str) -> Batch {
    let Decoded { rows, rejects, rows_read } = decoded;
    let rows = if rows.num_columns() == 0 { RecordBatch::new_empty(schema.clone()) } else { rows };
    Batch {
        rejects: rejects.into_iter().flat_map(|record| rejects_of(record, source)).collect(),
        rows_read,
        ..Batch::from(rows)
    }
}

fn rejects_of(record: RejectedRecord, source: &str) -> Vec<Reject> {
    let RejectedRecord { row, line, offset, length, raw, faults } = record;
    let reject = |fault: dativo_gate::Fault| Reject {
        source: source.to_owned(),
        row: Some(row),
        line: Some(line),
        offset: Some(offset),
        length: Some(length),
        raw: Some(raw.clone()),
        column: fault.column,
        rule: fault.rule.to_owned(),
        reason: fault.reason,
    };
    faults.into_iter().map(reject).collect()
}

pub fn failure(cause: impl Into<TextError>) -> Error {
    let TextError { code, message, culprit, hint, details: mut detail } = cause.into();
    detail["code"] = code.into();
    put(&mut detail, "culprit", culprit);
    put(&mut detail, "hint", hint.map(shortened));
    Error::data(message).with_detail(detail)
}

fn put(detail: &mut Value, key: &str, text: Option<String>) {
    if let Some(text) = text {
        detail[key] = text.into();
    }
}

fn shortened(text: String) -> String {
    if text.len() <= HINT_BYTES { text } else { format!("{}…", &text[..text.floor_char_boundary(HINT_BYTES)]) }
}
