use crate::Unfit;
use memchr::memchr2;

/// Deeper values come from no honest source; `lib/contract/json.ts` refuses them as well.
const MAX_DEPTH: usize = 100;

/// Appends JSON text without the white space between its parts; all else stands as it stood.
pub fn push_compact(text: &mut Vec<u8>, json: &[u8]) -> Result<(), Unfit> {
    if let ([first, ..], [.., last]) = (json, json)
        && !matches!(first, b'[' | b'{' | ..=b' ')
        && *last > b' '
    {
        text.extend_from_slice(json);
        return Ok(());
    }
    let (mut at, mut kept, mut depth) = (0, 0, 0);
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => {
                at = string_end(json, at);
                continue;
            }
            b'[' | b'{' if depth == MAX_DEPTH => {
                return Err(Unfit(format!("is nested deeper than {MAX_DEPTH} levels, or holds itself")));
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            ..=b' ' => {
                text.extend_from_slice(&json[kept..at]);
                kept = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    text.extend_from_slice(&json[kept..]);
    Ok(())
}

/// Where the string that begins at a place has ended.
fn string_end(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = json.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        match json[at + found] {
            b'"' => return at + found + 1,
            _ => at += found + 2,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compact(json: &str) -> Result<String, Unfit> {
        let mut text = Vec::new();
        push_compact(&mut text, json.as_bytes()).map(|()| String::from_utf8(text).unwrap())
    }

    #[test]
    fn white_space_goes_but_that_in_strings() {
        let json = " { \"a b\" :\n[ 1.50 , \"x \\\" y\\\\\" , { } ] }\t";
        assert_eq!(compact(json).unwrap(), "{\"a b\":[1.50,\"x \\\" y\\\\\",{}]}");
        assert_eq!(compact(" 1e400\n").unwrap(), "1e400");
        assert_eq!(compact("\"a b\"").unwrap(), "\"a b\"");
        assert_eq!(compact("").unwrap(), "");
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(compact(&nested(100)).is_ok());
        assert!(compact(&nested(101)).is_err());
    }
}
