//! A contract as the host hands it over: names, types and rules, already checked and normalised.

use crate::{DataType, GateError, pattern};
use serde::Deserialize;
use serde_json::Value;

#[derive(Clone, Debug, Deserialize)]
pub struct Contract {
    pub name: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub fingerprint: String,
    pub fields: Vec<Field>,
}

/// One field; absent rules are not checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Field {
    pub name: String,
    /// As `formatType` prints it.
    pub r#type: String,
    pub required: bool,
    pub unique: bool,
    pub primary_key: bool,
    pub r#enum: Option<Vec<Value>>,
    pub pattern: Option<String>,
    pub minimum: Option<Value>,
    pub maximum: Option<Value>,
    pub exclusive_minimum: Option<Value>,
    pub exclusive_maximum: Option<Value>,
    pub min_length: Option<f64>,
    pub max_length: Option<f64>,
    pub format: Option<String>,
}

impl Contract {
    /// # Errors
    /// `DTV_ASSET_INVALID` when the text is no contract.
    pub fn from_json(text: &str) -> Result<Self, GateError> {
        serde_json::from_str(text).map_err(|cause| GateError {
            code: "DTV_ASSET_INVALID",
            message: format!("The contract cannot be read: {cause}"),
            culprit: None,
            hint: None,
        })
    }

    /// Why the host must check this contract itself, a sentence per field; empty when nothing stands in the way.
    ///
    /// A pattern that only the other engine takes counts too: it is the host's to refuse or to run.
    pub fn unsupported(&self) -> Vec<String> {
        self.fields.iter().filter_map(Field::unsupported).collect()
    }
}

impl Field {
    /// Whether a record without a value is wrong: a key is never without one.
    pub fn is_required(&self) -> bool {
        self.required || self.primary_key
    }

    pub(crate) fn data_type(&self) -> Result<DataType, GateError> {
        DataType::parse(&self.r#type).ok_or_else(|| GateError {
            code: "DTV_ASSET_INVALID",
            message: format!("Field '{}': '{}' is not a type", self.name, self.r#type),
            culprit: Some(self.name.clone()),
            hint: None,
        })
    }

    fn unsupported(&self) -> Option<String> {
        let why = match DataType::parse(&self.r#type) {
            None => format!("'{}' is no type that is known here", self.r#type),
            Some(DataType::Nested(text)) => format!("{text} is not converted natively"),
            Some(_) => pattern::compile(self.pattern.as_deref()?).err()?,
        };
        Some(format!("field '{}': {why}", self.name))
    }
}
