//! Why a contract cannot be used, or a check cannot go on.

use std::fmt;

/// An error in the words of the TypeScript gate: code, sentence, culprit, cure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateError {
    pub code: &'static str,
    pub message: String,
    pub culprit: Option<String>,
    pub hint: Option<String>,
}

impl GateError {
    pub(crate) fn rule(field: &str, rule: &str, why: impl fmt::Display) -> Self {
        Self {
            code: "DTV_ASSET_INVALID",
            message: format!("Rule '{rule}' of field '{field}': {why}"),
            culprit: Some(field.to_owned()),
            hint: None,
        }
    }
}

impl fmt::Display for GateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for GateError {}
