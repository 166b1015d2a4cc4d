//! JSON Lines → the number of lines that are not blank; what they hold is not looked at.
use crate::counter::Count;
use dativo_csv::{CsvError, HEAD_BYTES, inspect_head};
use dativo_decoding::failure;
use dativo_plugin::files::refusal;
use dativo_plugin::serde_json::{Value, json};
use dativo_plugin::{Error, Result};

/// As in `jsonl-options.ts`.
const MAX_RECORD_BYTES: u64 = 64 << 20;

pub struct LineCounter {
    source: String,
    max_bytes: u64,
    /// The first bytes, until there are enough of them.
    head: Option<Vec<u8>>,
    records: u64,
    line: u64,
    line_start: u64,
    position: u64,
    /// Whether the line that is open holds more than blanks.
    is_filled: bool,
}

impl Count for LineCounter {
    type Options = u64;

    fn options(config: &Value) -> Result<u64> {
        let none = Default::default();
        let given = config["engine"]["options"].as_object().unwrap_or(&none);
        if let Some(unknown) = given.keys().find(|key| !["max_record_bytes", "batch_rows"].contains(&key.as_str())) {
            return Err(refusal(format!("unknown option '{unknown}' of JSON Lines")));
        }
        let most = given.get("max_record_bytes").map_or(Some(MAX_RECORD_BYTES), Value::as_u64);
        most.ok_or_else(|| refusal("max_record_bytes is a number of 1 or more"))
    }

    fn new(max_bytes: &u64, source: String) -> Self {
        Self {
            source,
            max_bytes: *max_bytes,
            head: Some(Vec::new()),
            records: 0,
            line: 1,
            line_start: 0,
            position: 0,
            is_filled: false,
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(head) = &mut self.head else { return self.run(bytes) };
        let (first, rest) = bytes.split_at(bytes.len().min(HEAD_BYTES - head.len()));
        head.extend_from_slice(first);
        if head.len() < HEAD_BYTES {
            return Ok(());
        }
        self.start()?;
        self.run(rest)
    }

    fn finish(&mut self) -> Result<u64> {
        self.start()?;
        self.end_line();
        Ok(self.records)
    }
}

impl LineCounter {
    fn start(&mut self) -> Result<()> {
        let Some(head) = self.head.take() else { return Ok(()) };
        let mark = inspect_head(&head, &[]);
        let mark = mark.map_err(|kind| failure(CsvError { source: self.source.clone(), kind: kind.into() }))?;
        (self.position, self.line_start) = (mark as u64, mark as u64);
        self.run(&head[mark..])
    }

    fn run(&mut self, bytes: &[u8]) -> Result<()> {
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            self.take(&bytes[from..end])?;
            self.end_line();
            self.position += 1;
            self.line_start = self.position;
            from = end + 1;
        }
        self.take(&bytes[from..])
    }

    fn take(&mut self, part: &[u8]) -> Result<()> {
        self.is_filled = self.is_filled || part.iter().any(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
        self.position += part.len() as u64;
        if self.position - self.line_start > self.max_bytes { Err(self.too_large()) } else { Ok(()) }
    }

    fn end_line(&mut self) {
        self.records += u64::from(std::mem::take(&mut self.is_filled));
        self.line += 1;
    }

    fn too_large(&self) -> Error {
        let Self { source, line, line_start: offset, max_bytes, .. } = self;
        let message = format!("{source}, line {line} (byte {offset}): the line has more than {max_bytes} bytes");
        Error::data(message).with_detail(json!({
            "code": "DTV_RECORD_TOO_LARGE",
            "culprit": format!("{source}:{line}"),
            "hint": "JSON Lines hold one object a line. If the line is meant to be this long, raise max_record_bytes.",
            "source": source,
            "line": line,
            "offset": offset,
        }))
    }
}
