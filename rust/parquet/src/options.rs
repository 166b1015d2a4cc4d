//! How a file is written.
use crate::Compression;
use std::num::NonZero;

/// Bigger row groups make smaller files by a percent or two and cost memory in proportion.
pub const ROW_GROUP_ROWS: usize = 131_072;
/// Compressed bytes after which a row group ends, however few its rows: what bounds the memory of wide files.
pub const ROW_GROUP_BYTES: usize = 16 << 20;
/// More threads than this wait for the slowest column.
pub const MAX_THREADS: usize = 4;

/// How values lie in pages where no dictionary pays. Who reads the files decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encodings {
    /// PLAIN, for every reader.
    Plain,
    /// DELTA_BINARY_PACKED and DELTA_LENGTH_BYTE_ARRAY, which Spark reads from 3.4 on.
    #[default]
    Delta,
    /// The same, and BYTE_STREAM_SPLIT for doubles and floats, which compress better so. Spark 4.3 reads it, 4.0 does not.
    Split,
}

impl Encodings {
    /// From the words of a job's options; the error says what is wrong with them.
    pub fn parse(name: &str) -> Result<Self, String> {
        match name {
            "plain" => Ok(Self::Plain),
            "delta" => Ok(Self::Delta),
            "split" => Ok(Self::Split),
            _ => Err(format!("encodings is plain, delta or split, not '{name}'")),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Options {
    pub compression: Compression,
    /// Rows of a row group.
    pub row_group_size: usize,
    /// A row group ends early when it holds so many encoded bytes in memory.
    pub row_group_bytes: usize,
    /// Bytes of a data page before compression, about; 0 for what is best for each column.
    pub page_bytes: usize,
    pub encodings: Encodings,
    /// Goes to the footer in this order, such as the contract's id and version.
    pub key_value_metadata: Vec<(String, String)>,
    /// Threads that encode. One more hashes and writes, and mostly waits.
    pub threads: usize,
    /// Whether least, greatest and count of nulls are kept per column chunk.
    pub statistics: bool,
}

impl Default for Options {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            compression: Compression::default(),
            row_group_size: ROW_GROUP_ROWS,
            row_group_bytes: ROW_GROUP_BYTES,
            page_bytes: 0,
            encodings: Encodings::default(),
            key_value_metadata: Vec::new(),
            threads: cores.min(MAX_THREADS),
            statistics: true,
        }
    }
}
