//! The errors after which a file cannot be read on: those of `csv-errors.ts` and `text-head.ts`, word by word.

use dativo_gate::GateError;
use dativo_text::TextError;
use dativo_text::head::HeadFault;
use serde_json::{Map, Value, json};
use std::fmt;

/// A place in the source: its line from 1, its byte from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: u64,
    pub offset: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CsvErrorKind {
    Empty,
    Header {
        reason: String,
        line: u64,
    },
    UnclosedQuote {
        quote: Place,
    },
    TooLarge {
        is_field: bool,
        limit_bytes: usize,
        record: Place,
        quote: Option<Place>,
    },
    Encoding {
        what: String,
        hint: &'static str,
    },
    /// The contract, or what it needs of the source.
    Gate(GateError),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvError {
    pub source: String,
    pub kind: CsvErrorKind,
}

impl CsvError {
    pub fn code(&self) -> &'static str {
        match &self.kind {
            CsvErrorKind::Empty => "DTV_CSV_EMPTY",
            CsvErrorKind::Header { .. } => "DTV_CSV_HEADER",
            CsvErrorKind::UnclosedQuote { .. } => "DTV_CSV_UNCLOSED_QUOTE",
            CsvErrorKind::TooLarge { .. } => "DTV_RECORD_TOO_LARGE",
            CsvErrorKind::Encoding { .. } => "DTV_ENCODING",
            CsvErrorKind::Gate(error) => error.code,
        }
    }

    pub fn message(&self) -> String {
        let source = &self.source;
        match &self.kind {
            CsvErrorKind::Empty => format!("{source} has no header line: it is empty"),
            CsvErrorKind::Header { reason, line } => format!("{source}, line {line}: {reason}"),
            CsvErrorKind::UnclosedQuote { quote: Place { line, offset } } => format!(
                "{source}, line {line} (byte {offset}): a quote opens here that is never closed, so where its record ends is unknown"
            ),
            CsvErrorKind::TooLarge { is_field, limit_bytes, record: Place { line, offset }, quote } => {
                let what = if *is_field { "a field of " } else { "" };
                let suspect = quote.map_or_else(String::new, |quote| {
                    format!("; its last field opens with a quote at line {} (byte {})", quote.line, quote.offset)
                });
                format!(
                    "{source}, line {line} (byte {offset}): the record that begins here has {what}more than {limit_bytes} bytes{suspect}"
                )
            }
            CsvErrorKind::Encoding { what, .. } => format!("{source} {what}"),
            CsvErrorKind::Gate(error) => error.message.clone(),
        }
    }

    pub fn culprit(&self) -> Option<String> {
        let at_line = |line: u64| Some(format!("{}:{line}", self.source));
        match &self.kind {
            CsvErrorKind::Empty | CsvErrorKind::Encoding { .. } => Some(self.source.clone()),
            CsvErrorKind::Header { line, .. } => at_line(*line),
            CsvErrorKind::UnclosedQuote { quote: place } | CsvErrorKind::TooLarge { record: place, .. } => {
                at_line(place.line)
            }
            CsvErrorKind::Gate(error) => error.culprit.clone(),
        }
    }

    pub fn hint(&self) -> Option<String> {
        Some(match &self.kind {
            CsvErrorKind::Empty => "A CSV file begins with the names of its columns. Where the names are known, give them as `columns` with `header: false`.".into(),
            CsvErrorKind::Header { .. } => {
                "Mend the header, or give the names as `columns`: the header is then passed over.".into()
            }
            CsvErrorKind::UnclosedQuote { .. } => "Close the quote, or double it if it is part of the text. Where quotes have no meaning, set `quote_char: \"\"`.".into(),
            CsvErrorKind::TooLarge { is_field, quote, .. } => {
                let (what, option) =
                    if *is_field { ("field", "max_field_bytes") } else { ("record", "max_record_bytes") };
                let advice = match quote {
                    Some(_) => "Most often that quote is not closed.",
                    None => "Look whether delimiter and line ends are as expected.",
                };
                format!("{advice} If the {what} is meant to be this large, raise {option}.")
            }
            CsvErrorKind::Encoding { hint, .. } => (*hint).into(),
            CsvErrorKind::Gate(error) => return error.hint.clone(),
        })
    }

    /// Facts for programs; an empty object where there are none.
    pub fn details(&self) -> Value {
        let (place, quote) = match &self.kind {
            CsvErrorKind::UnclosedQuote { quote } => (quote, None),
            CsvErrorKind::TooLarge { record, quote, .. } => (record, *quote),
            _ => return json!({}),
        };
        let mut details = Map::new();
        details.insert("source".into(), json!(self.source));
        details.insert("line".into(), json!(place.line));
        details.insert("offset".into(), json!(place.offset));
        if let Some(quote) = quote {
            details.insert("quoteLine".into(), json!(quote.line));
            details.insert("quoteOffset".into(), json!(quote.offset));
        }
        Value::Object(details)
    }
}

impl From<HeadFault> for CsvErrorKind {
    fn from(HeadFault { what, hint }: HeadFault) -> Self {
        Self::Encoding { what, hint }
    }
}

impl From<CsvError> for TextError {
    fn from(error: CsvError) -> Self {
        Self {
            code: error.code(),
            message: error.message(),
            culprit: error.culprit(),
            hint: error.hint(),
            details: error.details(),
        }
    }
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.message())
    }
}

impl std::error::Error for CsvError {}
