//! Readers, transforms and writers for Dativo in Rust: implement one trait, export it with one macro, build a `cdylib`,
//! and name it in a job as `path/to/libmine.so:create_reader`.
//!
//! The border is `include/dativo_plugin.h`. Nothing here lets a panic across it; a plugin's own errors are [`Error`].

pub mod abi;
mod batch;
#[doc(hidden)]
pub mod border;
mod call;
#[doc(hidden)]
pub mod commit;
mod error;
pub mod files;
pub mod reader;
pub mod transform;
pub mod writer;

/// The structs of the Arrow C Data Interface.
pub(crate) mod arrow {
    pub use arrow_data::ffi::FFI_ArrowArray;
    pub use arrow_schema::ffi::FFI_ArrowSchema;
}

pub use batch::{Batch, Reject, reject_schema};
pub use call::Call;
pub use commit::{Commit, Committed, Token};
pub use error::{Error, ErrorKind, Result};
pub use reader::{OpenRequest, Reader};
pub use transform::Transform;
pub use writer::{StagedFile, Writer};

pub use {arrow_array, arrow_schema, serde_json};

/// Once in every library: says which ABI it speaks. It also gives a `release` for arrays whose memory the host only
/// lends for a call: unlike one of the host's own it needs no thread of the host.
#[macro_export]
macro_rules! export_library {
    () => {
        #[unsafe(no_mangle)]
        pub extern "C" fn dativo_abi_version() -> u32 {
            $crate::abi::VERSION
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn dativo_release_lent(array: *mut ::std::ffi::c_void) {
            // SAFETY: the host names this as the `release` of its ArrowArrays and of nothing else.
            unsafe { $crate::border::mark_released(array) }
        }
    };
}

/// `export_reader!(create_reader, create_reader_kind, MyReader);`
#[macro_export]
macro_rules! export_reader {
    ($symbol:ident, $kind:ident, $type:ty) => {
        $crate::export_plugin!($symbol, $kind, $crate::reader::table::<$type>, $crate::abi::KIND_READER);
    };
}

/// `export_transform!(create_transform, create_transform_kind, MyTransform);`
#[macro_export]
macro_rules! export_transform {
    ($symbol:ident, $kind:ident, $type:ty) => {
        $crate::export_plugin!($symbol, $kind, $crate::transform::table::<$type>, $crate::abi::KIND_TRANSFORM);
    };
}

/// `export_writer!(create_writer, create_writer_kind, MyWriter);`
#[macro_export]
macro_rules! export_writer {
    ($symbol:ident, $kind:ident, $type:ty) => {
        $crate::export_plugin!($symbol, $kind, $crate::writer::table::<$type>, $crate::abi::KIND_WRITER);
    };
}

/// `export_committing_writer!(create_writer, create_writer_kind, MyWriter);` for one that implements [`Commit`].
#[macro_export]
macro_rules! export_committing_writer {
    ($symbol:ident, $kind:ident, $type:ty) => {
        $crate::export_plugin!($symbol, $kind, $crate::commit::table::<$type>, $crate::commit::kind::<$type>());
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! export_plugin {
    ($symbol:ident, $kind:ident, $table:expr, $number:expr) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $symbol(
            host_abi: u32,
            config: *const ::std::ffi::c_char,
            out: *mut ::std::ffi::c_void,
            error: *mut $crate::abi::DtvError,
        ) -> i32 {
            // SAFETY: the host calls this as dativo_plugin.h says.
            unsafe { $crate::border::create(host_abi, config, out, error, $table) }
        }

        #[unsafe(no_mangle)]
        pub extern "C" fn $kind() -> u32 {
            $number
        }
    };
}
