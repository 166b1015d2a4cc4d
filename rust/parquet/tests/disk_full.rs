//! Alone in its process, since the limit that stands for a full disk holds for all of it.
#![cfg(unix)]
use arrow_array::{Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use dativo_parquet::{Compression, Encodings, FileWriter, Options};
use std::sync::Arc;

#[test]
fn a_full_disk_is_an_error_that_names_the_file_and_leaves_nothing() {
    let limit = libc::rlimit { rlim_cur: 1 << 20, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: numbers and a struct that outlives the call.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
    let options = Options {
        compression: Compression::None,
        encodings: Encodings::Plain,
        row_group_size: 10_000,
        ..Options::default()
    };
    let mut writer = FileWriter::create(&path, schema.clone(), options).unwrap();
    let error = (0..1000).find_map(|i| {
        let ids = Int64Array::from_iter_values(i * 10_000..(i + 1) * 10_000);
        writer.write(RecordBatch::try_new(schema.clone(), vec![Arc::new(ids)]).unwrap()).err()
    });
    let error = error.expect("the file grows beyond the limit");
    assert_eq!(error.io_kind(), Some(std::io::ErrorKind::FileTooLarge));
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    assert!(writer.finish().is_err());
    assert!(!path.exists());
}
