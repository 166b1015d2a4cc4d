//! The options of `lib/formats/csv/csv-options.ts`, as the host has checked them.

use serde::{Deserialize, Deserializer};
use std::num::NonZero;

const MIB: usize = 1024 * 1024;
/// More threads than this wait for the index, which is a quarter of the work and made by one.
const MAX_THREADS: usize = 4;

#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Options {
    pub delimiter: String,
    /// `Some(None)` is an explicit null: no quoting.
    #[serde(deserialize_with = "given")]
    pub quote_char: Option<Option<String>>,
    /// Another name of `quote_char`.
    #[serde(deserialize_with = "given")]
    pub quote: Option<Option<String>>,
    pub escape_char: Option<String>,
    pub header: bool,
    pub columns: Option<Vec<String>>,
    pub comment: Option<String>,
    pub skip_lines: usize,
    pub null_values: Vec<String>,
    pub encoding: String,
    pub max_record_bytes: usize,
    pub max_field_bytes: usize,
    pub allow_nul: bool,
    /// Records of a batch, at most.
    pub batch_rows: usize,
    /// Text of a batch: the record that reaches it is the last.
    pub batch_bytes: usize,
    /// How many threads make columns, at most.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delimiter: ",".into(),
            quote_char: None,
            quote: None,
            escape_char: None,
            header: true,
            columns: None,
            comment: None,
            skip_lines: 0,
            null_values: ["", "NULL", "null", "None"].map(Into::into).to_vec(),
            encoding: "utf-8".into(),
            max_record_bytes: 64 * MIB,
            max_field_bytes: 16 * MIB,
            allow_nul: false,
            batch_rows: 65_536,
            batch_bytes: 2 * MIB,
            threads: free_cores(),
        }
    }
}

/// What the hot loops need to know.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    pub delimiter: u8,
    pub quote: Option<u8>,
    pub max_record: usize,
    pub max_field: usize,
}

impl Dialect {
    /// A record up to this long breaks no limit.
    pub(crate) fn harmless(&self) -> usize {
        self.max_field.min(self.max_record)
    }
}

impl Options {
    /// What in these options only the TypeScript format reads; `None` when nothing does.
    pub fn unsupported(&self) -> Option<String> {
        let quote = self.quote_text();
        let delimiter = self.delimiter_text();
        if !matches!(self.encoding.to_ascii_lowercase().as_str(), "utf-8" | "utf8") {
            return Some(format!("encoding {}", self.encoding));
        }
        if self.comment.is_some() {
            return Some("comment".into());
        }
        if self.escape_char.as_ref().is_some_and(|escape| Some(escape.as_str()) != quote) {
            return Some("an escape_char other than the quote_char".into());
        }
        if delimiter.len() != 1 || matches!(delimiter, "\r" | "\n") || Some(delimiter) == quote {
            return Some(format!("the delimiter {delimiter:?}"));
        }
        quote.is_some_and(|quote| quote.len() != 1).then(|| "the quote_char".into())
    }

    /// The dialect; an unsupported one must not come here.
    pub fn dialect(&self) -> Dialect {
        Dialect {
            delimiter: self.delimiter_text().as_bytes().first().copied().unwrap_or(b','),
            quote: self.quote_text().and_then(|quote| quote.bytes().next()),
            max_record: self.max_record_bytes,
            max_field: self.max_field_bytes,
        }
    }

    fn delimiter_text(&self) -> &str {
        if matches!(self.delimiter.as_str(), "tab" | "\\t") { "\t" } else { &self.delimiter }
    }

    fn quote_text(&self) -> Option<&str> {
        let given = self.quote_char.as_ref().or(self.quote.as_ref());
        let quote = given.map_or(Some("\""), Option::as_deref);
        quote.filter(|quote| !quote.is_empty())
    }
}

/// Half of the machine: who decodes does so for somebody, and an encoder takes twice as long.
fn free_cores() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    (cores / 2).clamp(1, MAX_THREADS)
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
