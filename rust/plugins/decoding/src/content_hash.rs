//! XXH3-128 for whoever reads the files whose bytes are decoded here: the same figure that the host makes in WebAssembly,
//! without copying the bytes there first.
use xxhash_rust::xxh3::Xxh3;

#[unsafe(no_mangle)]
pub extern "C" fn dativo_content_hash_new() -> *mut Xxh3 {
    Box::into_raw(Box::new(Xxh3::new()))
}

/// # Safety
///
/// `hash` is from [`dativo_content_hash_new`] and not freed; `length` bytes can be read at `bytes`, which may be null for
/// none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dativo_content_hash_update(hash: *mut Xxh3, bytes: *const u8, length: usize) {
    if length > 0 {
        // SAFETY: as said above; nobody else has the hash meanwhile.
        unsafe { (*hash).update(std::slice::from_raw_parts(bytes, length)) }
    }
}

/// Of the bytes so far: 16 bytes at `out`, the most significant first.
///
/// # Safety
///
/// `hash` is from [`dativo_content_hash_new`] and not freed; 16 bytes can be written at `out`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dativo_content_hash_digest(hash: *const Xxh3, out: *mut [u8; 16]) {
    // SAFETY: as said above.
    unsafe { *out = (*hash).digest128().to_be_bytes() }
}

/// # Safety
///
/// `hash` is from [`dativo_content_hash_new`], and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dativo_content_hash_free(hash: *mut Xxh3) {
    // SAFETY: it was a box.
    drop(unsafe { Box::from_raw(hash) });
}
