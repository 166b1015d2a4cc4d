use dativo_gate::GateError;
use dativo_text::TextError;
use dativo_text::head::HeadFault;
use serde_json::json;

/// What ends the reading of a source: the errors of `lib/formats/jsonl` and of the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonlError(TextError);

impl JsonlError {
    pub fn head(source: &str, HeadFault { what, hint }: HeadFault) -> Self {
        Self(TextError {
            code: "DTV_ENCODING",
            message: format!("{source} {what}"),
            culprit: Some(source.to_owned()),
            hint: Some(hint.to_owned()),
            details: json!({}),
        })
    }

    pub fn too_large(source: &str, line: u64, offset: u64, limit_bytes: usize) -> Self {
        Self(TextError {
            code: "DTV_RECORD_TOO_LARGE",
            message: format!("{source}, line {line} (byte {offset}): the line has more than {limit_bytes} bytes"),
            culprit: Some(format!("{source}:{line}")),
            hint: Some(
                "JSON Lines hold one object a line. If the line is meant to be this long, raise max_record_bytes."
                    .into(),
            ),
            details: json!({ "source": source, "line": line, "offset": offset }),
        })
    }
}

impl From<GateError> for JsonlError {
    fn from(error: GateError) -> Self {
        Self(error.into())
    }
}

impl From<JsonlError> for TextError {
    fn from(JsonlError(error): JsonlError) -> Self {
        error
    }
}
