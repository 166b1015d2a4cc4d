//! The thread that hashes and writes finished row groups, in their order.
use crate::digest_file::{DigestFile, Sealed};
use crate::error::Cause;
use crate::footer;
use crate::lane::Chunk;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::io::Write;

pub(crate) type File = SerializedFileWriter<DigestFile>;

/// A row group whose columns are encoded: of each field, its leaves.
pub(crate) type Group = Vec<Vec<Chunk>>;

/// Appends a row group. Its pages are let go one by one as they are written.
pub(crate) fn append(file: &mut File, group: Group) -> Result<(), Cause> {
    let mut row_group = file.next_row_group()?;
    for chunk in group.into_iter().flatten() {
        chunk.append_to_row_group(&mut row_group)?;
    }
    row_group.close()?;
    file.flush()?;
    file.inner_mut().start_write_back();
    Ok(())
}

/// Writes the footer and waits until all is on the disk.
pub(crate) fn finish(mut file: File, schema: &Type) -> Result<Sealed, Cause> {
    file.flush()?;
    file.inner_mut().hold_back();
    let mut written = file.into_inner()?;
    let end = written.take_held();
    let mended = footer::mend(&end, schema).ok_or_else(|| Cause::Panicked("the footer cannot be read".to_owned()))?;
    written.write_all(&mended)?;
    Ok(written.seal()?)
}
