const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends bytes in base64 with padding, as Node's Buffers spell them.
pub fn push_base64(text: &mut Vec<u8>, bytes: &[u8]) {
    text.reserve(bytes.len().div_ceil(3) * 4);
    let (chunks, rest) = bytes.as_chunks::<3>();
    for chunk in chunks {
        text.extend_from_slice(&four(chunk[0], chunk[1], chunk[2]));
    }
    match *rest {
        [one] => text.extend_from_slice(&[four(one, 0, 0)[0], four(one, 0, 0)[1], b'=', b'=']),
        [one, two] => {
            let [a, b, c, _] = four(one, two, 0);
            text.extend_from_slice(&[a, b, c, b'=']);
        }
        _ => {}
    }
}

#[inline]
fn four(one: u8, two: u8, three: u8) -> [u8; 4] {
    let bits = u32::from_be_bytes([0, one, two, three]) as usize;
    [18, 12, 6, 0].map(|shift| ALPHABET[bits >> shift & 63])
}

#[cfg(test)]
mod tests {
    use super::push_base64;

    #[test]
    fn has_padding() {
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("fooba", "Zm9vYmE=")];
        for (bytes, text) in cases {
            let mut out = Vec::new();
            push_base64(&mut out, bytes.as_bytes());
            assert_eq!(out, text.as_bytes());
        }
    }
}
