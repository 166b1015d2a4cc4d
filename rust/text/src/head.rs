//! A look at the first bytes, before the first record is read: those of `lib/formats/text/text-head.ts`.

/// Why the bytes are no text, or text of another encoding: the sentence goes on after the name of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadFault {
    pub what: String,
    pub hint: &'static str,
}

/// What is looked at.
pub const HEAD_BYTES: usize = 4096;

const UTF8_BOM: &[u8] = &[0xef, 0xbb, 0xbf];

const KINDS_OF_FILE: [(&[u8], &str, &str); 9] = [
    (b"PK\x03\x04", "a ZIP archive", "An Excel workbook is one too: save its sheet as text first."),
    (b"\x1f\x8b", "gzip", "It is compressed twice: decompress it once."),
    (b"\x28\xb5\x2f\xfd", "Zstandard", "Decompress it first."),
    (b"BZh91AY&SY", "bzip2", "Decompress it first."),
    (b"\xfd7zXZ\0", "XZ", "Decompress it first."),
    (b"PAR1\x15", "Parquet", "Read it with the parquet connector."),
    (b"Obj\x01", "Avro", "Read it with the avro connector."),
    (b"SQLite format 3\0", "an SQLite database", "Export the table as text first."),
    (b"%PDF-", "PDF", "Export the table as text first."),
];

/// Beyond one in this many control characters, and this many, no text is meant.
const CONTROL_ONE_IN: usize = 20;
const CONTROL_MIN: usize = 8;

const UTF16_CURE: &str =
    "Convert it with `iconv -f UTF-16 -t UTF-8`; a CSV file can also be read with `encoding: utf-16`.";
const LOOKS_LIKE_UTF16: &str = "It looks like UTF-16. Convert it with `iconv -f UTF-16 -t UTF-8`; a CSV file can also be read with `encoding: utf-16le`.";

/// The length of the byte order mark. `expected` are control characters that belong to the text.
///
/// # Errors
/// When the bytes are no text, or text of another encoding.
pub fn inspect_head(bytes: &[u8], expected: &[u8]) -> Result<usize, HeadFault> {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let mark = if head.starts_with(UTF8_BOM) { UTF8_BOM.len() } else { 0 };
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return wrong("begins with the mark of UTF-16 and is read as utf-8".into(), UTF16_CURE);
    }
    if let Some((_, kind, hint)) = KINDS_OF_FILE.iter().find(|(signature, ..)| head.starts_with(signature)) {
        return wrong(format!("is no text but {kind}"), hint);
    }
    let is_control = |byte: &&u8| **byte < 32 && !matches!(**byte, 9..=13 | 27) && !expected.contains(byte);
    let controls = head.iter().filter(is_control).count();
    if controls < CONTROL_MIN || controls * CONTROL_ONE_IN <= head.len() {
        return Ok(mark);
    }
    let zeros = head.iter().filter(|&&byte| byte == 0).count();
    // Text of the Latin scripts in UTF-16 has a zero in nearly every second byte.
    let is_half_zero = zeros * 10 > head.len() * 3 && zeros * 10 < head.len() * 6;
    let cure = if is_half_zero { LOOKS_LIKE_UTF16 } else { "Read it with the connector of its own format." };
    wrong(format!("is no text: {controls} of its first {} bytes are control characters", head.len()), cure)
}

fn wrong<T>(what: String, hint: &'static str) -> Result<T, HeadFault> {
    Err(HeadFault { what, hint })
}
