//! Parquet files from and to Arrow record batches.
//!
//! [`FileWriter`] encodes the columns of a row group side by side while batches arrive, and hashes and writes finished
//! row groups on a thread of its own. What its files look like is fixed by the TypeScript writer in
//! `lib/formats/parquet`: the same types, nullability and metadata. [`FileReader`] reads the columns that are asked for,
//! and leaves out row groups whose bounds say that nothing in them matches.
mod compression;
pub mod decode;
mod dictionary;
mod digest_file;
mod encode_pool;
mod error;
mod fields;
mod flat;
mod footer;
mod group_file;
mod group_sink;
mod lane;
mod options;
mod predicate;
mod properties;
mod reader;
mod schema;
mod writer;

pub use compression::Compression;
pub use dativo_checksum::ColumnChecksum;
pub use error::{Cause, Error};
pub use group_file::{GroupEncoder, GroupFile};
pub use options::{Encodings, Options};
pub use predicate::{Literal, Op, Predicate};
pub use reader::{Batches, FileReader, ReadOptions};
pub use writer::{FileFacts, FileWriter, Sealing};

/// A result whose error names the file.
pub type Result<T> = std::result::Result<T, Error>;
