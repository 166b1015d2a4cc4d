use serde::Deserialize;

/// The options of `csvEncodeOptions` in `lib/formats/csv/csv-options.ts`, as the host has checked them. The header is
/// the host's.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct EncodeOptions {
    delimiter: String,
    quote_char: String,
    pub null_value: String,
    escape_formulas: String,
    line_ending: String,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self {
            delimiter: ",".into(),
            quote_char: "\"".into(),
            null_value: String::new(),
            escape_formulas: "none".into(),
            line_ending: "\n".into(),
        }
    }
}

impl EncodeOptions {
    pub fn delimiter(&self) -> &str {
        if matches!(self.delimiter.as_str(), "tab" | "\\t") { "\t" } else { &self.delimiter }
    }

    pub fn quote(&self) -> u8 {
        self.quote_char.bytes().next().unwrap_or(b'"')
    }

    pub fn line_ending(&self) -> &'static str {
        if self.line_ending == "\r\n" { "\r\n" } else { "\n" }
    }

    pub fn shields_formulas(&self) -> bool {
        self.escape_formulas == "prefix"
    }
}
