//! What a thread that encodes keeps for all columns it works on.
use super::front::KEPT;
use parquet::basic::Compression;
use parquet::errors::Result;
use zstd::bulk::Compressor;
use zstd::zstd_safe::compress_bound;

/// Compresses pages. A context of zstd takes half a MiB and time to make, so there is one for each thread.
pub(crate) struct Codec {
    zstd: Option<Compressor<'static>>,
    compressed: Vec<u8>,
}

/// Whether pages are compressed here; other codecs are left to the library.
pub(super) fn knows(compression: Compression) -> bool {
    matches!(compression, Compression::UNCOMPRESSED | Compression::ZSTD(_))
}

impl Codec {
    pub fn new(compression: Compression) -> Result<Self> {
        let zstd = match compression {
            Compression::ZSTD(level) => Some(Compressor::new(level.compression_level())?),
            _ => None,
        };
        Ok(Self { zstd, compressed: Vec::new() })
    }

    /// The bytes as they go into the file, until the next call.
    pub(super) fn compress<'a>(&'a mut self, page: &'a [u8]) -> Result<&'a [u8]> {
        let Some(zstd) = &mut self.zstd else {
            return Ok(page);
        };
        self.compressed.clear();
        self.compressed.shrink_to(KEPT);
        self.compressed.reserve(compress_bound(page.len()));
        zstd.compress_to_buffer(page, &mut self.compressed)?;
        Ok(&self.compressed)
    }
}
