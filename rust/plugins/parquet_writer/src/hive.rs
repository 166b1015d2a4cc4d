//! Names of the folders of partitions: `column=value`, as `lib/contract/file-name.ts` spells them.
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What Hive, and everybody after it, calls the folder of records that have no value.
const NO_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";
const MAX_FOLDER_BYTES: usize = 255;

/// `lead` is the name of the column, encoded, with `=`.
pub fn folder(lead: &str, value: Option<&str>) -> String {
    let Some(value) = value else { return format!("{lead}{NO_VALUE}") };
    // Readers take these for no value, and ask before they decode.
    let shielded = usize::from(value.eq_ignore_ascii_case(NO_VALUE) || value.eq_ignore_ascii_case("null"));
    let mut name = lead.to_owned();
    for (at, &byte) in value.as_bytes().iter().enumerate() {
        if at >= shielded && (byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')) {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02X}");
        }
    }
    if name.len() > MAX_FOLDER_BYTES { cut(name, value) } else { name }
}

/// Whether a folder says its value: `~` is in no name that was not cut.
pub fn is_told(folder: &str) -> bool {
    !folder.contains('~')
}

fn cut(mut name: String, value: &str) -> String {
    let digest = Sha256::digest(value.as_bytes());
    let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    name.truncate(MAX_FOLDER_BYTES - hash.len() - 1);
    name + "~" + &hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_spelled_as_hive_spells_them() {
        let values = [Some(""), Some("a b/c"), Some("é"), Some("null"), Some("__HIVE_DEFAULT_PARTITION__"), None];
        let folders: Vec<_> = values.iter().map(|value| folder("k=", *value)).collect();
        let expected = ["k=", "k=a%20b%2Fc", "k=%C3%A9", "k=%6Eull", "k=%5F_HIVE_DEFAULT_PARTITION__"];
        assert_eq!(folders[..5], expected);
        assert_eq!(folders[5], "k=__HIVE_DEFAULT_PARTITION__");
        let long = folder("k=", Some(&"x".repeat(300)));
        assert_eq!((long.len(), is_told(&long)), (255, false));
    }
}
