use arrow_array::RecordBatch;
use dativo_gate::Fault;

/// A run of good records, and the bad ones that stood between them.
#[derive(Debug)]
pub struct Decoded {
    /// Typed, in the contract's order of columns, when there is a gate; else as the source has them, in its order.
    pub rows: RecordBatch,
    /// In the order of the source.
    pub rejects: Vec<RejectedRecord>,
    /// Records of the source that these are, good and bad.
    pub rows_read: u64,
}

/// A record that failed: where it stands, what it was, and every fault found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRecord {
    /// Number of the record, from 1; a header is not counted.
    pub row: u64,
    pub line: u64,
    pub offset: u64,
    pub length: u64,
    pub raw: Vec<u8>,
    pub faults: Vec<Fault>,
}
