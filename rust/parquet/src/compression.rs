//! The codec of the column chunks.
use parquet::basic::{Compression as Codec, GzipLevel, ZstdLevel};

/// How pages are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    None,
    Snappy,
    /// LZ4 blocks without a frame (LZ4_RAW), the only kind that all readers agree on.
    Lz4,
    /// Level 1 to 9.
    Gzip(u32),
    /// Level 1 to 22.
    Zstd(i32),
}

impl Default for Compression {
    /// The fastest level, which costs a few percent of size against zstd's own default 3.
    fn default() -> Self {
        Self::Zstd(1)
    }
}

impl Compression {
    /// From the words of a job's options; the error says what is wrong with them.
    pub fn parse(name: &str, level: Option<i32>) -> Result<Self, String> {
        let within = |default: i32, max: i32| match level.unwrap_or(default) {
            level if (1..=max).contains(&level) => Ok(level),
            level => Err(format!("compression_level is 1 to {max} for {name}, not {level}")),
        };
        let codec = match name {
            "zstd" => return Ok(Self::Zstd(within(1, 22)?)),
            "gzip" => return Ok(Self::Gzip(within(6, 9)?.unsigned_abs())),
            "snappy" => Self::Snappy,
            "lz4" => Self::Lz4,
            "none" | "uncompressed" => Self::None,
            _ => {
                return Err(format!("compression is zstd, snappy, gzip, lz4 or none, not '{name}'"));
            }
        };
        if level.is_some() {
            return Err(format!("compression_level has no meaning for {name}"));
        }
        Ok(codec)
    }

    pub(crate) fn codec(self) -> Result<Codec, parquet::errors::ParquetError> {
        Ok(match self {
            Self::None => Codec::UNCOMPRESSED,
            Self::Snappy => Codec::SNAPPY,
            Self::Lz4 => Codec::LZ4_RAW,
            Self::Gzip(level) => Codec::GZIP(GzipLevel::try_new(level)?),
            Self::Zstd(level) => Codec::ZSTD(ZstdLevel::try_new(level)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Compression::{self, *};

    #[test]
    fn takes_the_words_of_a_job() {
        assert_eq!(Compression::parse("zstd", Option::None), Ok(Zstd(1)));
        assert_eq!(Compression::parse("gzip", Option::None), Ok(Gzip(6)));
        assert_eq!(Compression::parse("zstd", Some(22)), Ok(Zstd(22)));
        assert_eq!(Compression::parse("uncompressed", Option::None), Ok(Compression::None));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(Compression::parse("zstd", Some(23)).unwrap_err(), "compression_level is 1 to 22 for zstd, not 23");
        assert_eq!(Compression::parse("lz4", Some(1)).unwrap_err(), "compression_level has no meaning for lz4");
        assert!(Compression::parse("brotli", Option::None).unwrap_err().contains("not 'brotli'"));
    }
}
