//! The values that rules name, in the type of their field.

use crate::convert::{describe_misfit, describe_text_misfit};
use crate::show::{js_number, shorten, show_text};
use crate::{Cell, DataType, GateError, Misfit, convert};
use serde_json::Value;

/// 2^53 − 1: beyond it a JavaScript number may have lost digits.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// The value of a rule as a cell. Numbers and truth values are JavaScript's, as the contract's JSON gives them.
pub fn to_bound(field: &str, rule: &str, value: &Value, data_type: &DataType) -> Result<Cell, GateError> {
    cell_of(value, data_type).map_err(|misfit| {
        let why = match value {
            Value::String(text) => describe_text_misfit(misfit, text, data_type),
            other => describe_misfit(misfit, &show_value(other), kind_of(other), data_type),
        };
        GateError::rule(field, rule, why)
    })
}

/// A value of a rule as a message lists it.
pub fn show_value(value: &Value) -> String {
    match value {
        Value::String(text) => show_text(text),
        Value::Number(number) => shorten(number.as_f64().map_or_else(|| number.to_string(), show_number)),
        other => other.to_string(),
    }
}

/// `${value}` of JavaScript.
pub fn bare_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), js_number),
        other => other.to_string(),
    }
}

fn show_number(value: f64) -> String {
    if value == 0.0 && value.is_sign_negative() { "-0".to_owned() } else { js_number(value) }
}

fn cell_of(value: &Value, data_type: &DataType) -> Result<Cell, Misfit> {
    match value {
        Value::String(text) => convert(text.as_bytes(), data_type),
        Value::Bool(truth) => match data_type {
            DataType::Boolean => Ok(Cell::Boolean(*truth)),
            DataType::String => Ok(Cell::Text(truth.to_string().into_bytes())),
            _ => Err(Misfit::Kind),
        },
        Value::Number(number) => cell_of_number(number.as_f64().ok_or(Misfit::Kind)?, data_type),
        _ => Err(Misfit::Kind),
    }
}

fn cell_of_number(value: f64, data_type: &DataType) -> Result<Cell, Misfit> {
    match data_type {
        DataType::Double => Ok(Cell::Double(value)),
        DataType::Integer if value.fract() != 0.0 => Err(Misfit::Syntax),
        DataType::Integer if value.abs() > MAX_SAFE_INTEGER => Err(Misfit::Unsafe),
        DataType::Integer => Ok(Cell::Integer(value as i64)),
        DataType::Boolean if value == 0.0 || value == 1.0 => Ok(Cell::Boolean(value == 1.0)),
        DataType::Boolean => Err(Misfit::Syntax),
        DataType::String | DataType::Decimal { .. } => convert(show_number(value).as_bytes(), data_type),
        _ => Err(Misfit::Kind),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Number(_) => "a number",
        Value::Bool(_) => "a boolean",
        Value::Null => "null",
        _ => "an object",
    }
}
