use dativo_gate::GateError;
use serde_json::{Value, json};

/// An error after which a source cannot be read on, as the host tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    pub code: &'static str,
    pub message: String,
    pub culprit: Option<String>,
    pub hint: Option<String>,
    /// Facts for programs; an empty object where there are none.
    pub details: Value,
}

impl From<GateError> for TextError {
    fn from(GateError { code, message, culprit, hint }: GateError) -> Self {
        Self { code, message, culprit, hint, details: json!({}) }
    }
}
