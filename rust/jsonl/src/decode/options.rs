use serde::Deserialize;

const MIB: usize = 1024 * 1024;

/// The options of `lib/formats/jsonl/jsonl-options.ts`, as the host has checked them, and those of batches.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    pub max_record_bytes: usize,
    /// Records of a batch, at most.
    pub batch_rows: usize,
    /// Bytes of a batch in the source: the record that reaches it is the last.
    pub batch_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_record_bytes: 64 * MIB, batch_rows: 65_536, batch_bytes: 4 * MIB }
    }
}
