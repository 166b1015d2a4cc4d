//! Finds the next byte of a kind in long stretches: most texts have none, and then whole columns pass in one sweep.

/// Bytes that are judged together: a loop of this length becomes vector instructions.
const WIDTH: usize = 32;

/// Place of the first byte of a kind from `start` on; the length where there is none.
#[inline]
pub fn find(bytes: &[u8], start: usize, is_special: impl Fn(u8) -> bool) -> usize {
    let mut at = start;
    let (chunks, rest) = bytes[start..].as_chunks::<WIDTH>();
    for chunk in chunks {
        if chunk.iter().fold(false, |any, &byte| any | is_special(byte)) {
            return at + chunk.iter().position(|&byte| is_special(byte)).unwrap_or(0);
        }
        at += WIDTH;
    }
    at + rest.iter().position(|&byte| is_special(byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn finds_the_first_wherever_it_stands() {
        for length in 0..100 {
            let mut bytes = vec![b'a'; length];
            assert_eq!(find(&bytes, 0, |byte| byte == b'x'), length);
            for at in 0..length {
                bytes[at] = b'x';
                for start in 0..=at {
                    assert_eq!(find(&bytes, start, |byte| byte == b'x'), at);
                }
                bytes[at] = b'a';
            }
        }
    }
}
