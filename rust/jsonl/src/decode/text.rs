//! Texts in quotes: read, and written as JavaScript writes them.

use crate::decode::scan::unit_at;

/// Appends what a text with escapes says. It was scanned before, so that each escape is one.
pub fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let (character, length) = escaped(&rest[at..]);
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[at + length..];
    }
    out.extend_from_slice(rest);
}

/// The character that the escape at the beginning stands for, and how long the escape is.
fn escaped(from: &[u8]) -> (char, usize) {
    let short = match from[1] {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return escaped_unit(from),
        other => char::from(other),
    };
    (short, 2)
}

fn escaped_unit(from: &[u8]) -> (char, usize) {
    let unit = unit_at(from, 0).unwrap_or_default();
    match char::from_u32(unit) {
        Some(character) => (character, 6),
        None => {
            let low = unit_at(from, 6).unwrap_or_default();
            let point = 0x1_0000 + ((unit - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff);
            (char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
    }
}

/// Appends a text with escapes in quotes, with those escapes that `JSON.stringify` writes.
pub fn requote(raw: &[u8], scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    scratch.clear();
    unescape(raw, scratch);
    out.extend_from_slice(dativo_gate::json_string(&String::from_utf8_lossy(scratch)).as_bytes());
}
