//! Base64 with padding, the standard alphabet, nothing else.

use crate::Misfit;
use crate::number::trim;

/// Appends the bytes that a text stands for. Spare bits of the last character are dropped, as Node drops them.
pub fn decode(text: &[u8], out: &mut Vec<u8>) -> Result<(), Misfit> {
    let text = trim(text);
    if !text.len().is_multiple_of(4) {
        return Err(Misfit::Syntax);
    }
    let padding = text.iter().rev().take(2).take_while(|&&byte| byte == b'=').count();
    let start = out.len();
    for chunk in text[..text.len() - padding].chunks(4) {
        let mut bits = 0u32;
        for (at, &byte) in chunk.iter().enumerate() {
            let Some(value) = value_of(byte) else {
                out.truncate(start);
                return Err(Misfit::Syntax);
            };
            bits |= value << (18 - 6 * at);
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    Ok(())
}

fn value_of(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}
